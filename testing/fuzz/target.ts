/**
 * The okq under fuzz: one process or two on one store, restarted when they have crashed.
 *
 * @module
 */
import { type Okq, startOkq } from "../okq_process.ts";
import { connect, type Wire } from "../../tests/support/wire.ts";

/** How long a run may take before something hangs, in milliseconds. */
const PATIENCE_MS = 20_000;

/** How okq is started. */
export interface TargetOptions {
  /** What `--store` is given. */
  store: string;
  /** How many processes share it. */
  instances: number;
}

/** One okq, or several on one store. */
export class Target implements AsyncDisposable {
  readonly okqs: Okq[] = [];
  #runs = 0;
  #name = "";

  /** Starts it. */
  static async start({ store, instances }: TargetOptions): Promise<Target> {
    const target = new Target();
    const permissions = ["--allow-net", "--allow-read", "--allow-write"];
    for (let i = 0; i < instances; i++) {
      target.okqs.push(await startOkq({ store, permissions, args: ["--log-level", "error"] }));
    }
    return target;
  }

  /** Begins runs whose queues have names of their own, the same each time. */
  begin(name: string): void {
    this.#name = name;
    this.#runs = 0;
  }

  /**
   * Makes a run, with what a queue's name may start with.
   * @throws {Error} if it takes too long, or a process ends or complains
   */
  async run(body: (name: string) => Promise<void>): Promise<void> {
    for (const okq of this.okqs) if (okq.ended) await okq.start();
    const name = `${this.#name}-${this.#runs++}-`;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hang = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`It hangs: not over within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    });
    const complaints = this.#complaints().length;
    try {
      await Promise.race([body(name), hang]);
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, 100)); // a crash is seen a moment after its connections break
      throw this.#complaints().length > complaints ? new Error(this.#complaints().at(-1), { cause: error }) : error;
    } finally {
      clearTimeout(timer);
    }
    if (this.#complaints().length > complaints) throw new Error(this.#complaints().at(-1));
  }

  /** A new connection, to each process in turn. */
  connect(number: number): Promise<Wire> {
    return connect(this.okqs[number % this.okqs.length].addr);
  }

  /** Resident memory of all processes, in MiB. */
  async memory(): Promise<number> {
    const usages = await Promise.all(this.okqs.map((okq) => okq.usage()));
    return usages.reduce((sum, usage) => sum + (usage?.memory ?? NaN), 0);
  }

  /** Removes all events. */
  async flush(): Promise<void> {
    await using wire = await this.connect(0);
    await wire.send("QSTATS");
    const rows = await wire.reply() as [Uint8Array][];
    for (const [queue] of rows) await wire.command("QFLUSH", queue);
  }

  /**
   * Stops it in an orderly way.
   * @throws {Error} if it does not stop so
   */
  async stop(): Promise<void> {
    for (const okq of this.okqs) {
      const code = await okq.stop();
      if (code !== 0) throw new Error(`okq ended with code ${code} when it was asked to end`);
    }
    if (this.#complaints().length > 0) throw new Error(this.#complaints()[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.okqs.map((okq) => okq.kill()));
  }

  /** What went wrong in the processes themselves. */
  #complaints(): string[] {
    return this.okqs.flatMap((okq) => [
      ...okq.errors,
      ...Array.from({ length: okq.unordered }, () => `okq ended by itself: ${okq.log.join("\n")}`),
    ]);
  }
}
