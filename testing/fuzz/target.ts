/**
 * The okq processes that are fuzzed, started again after a crash.
 *
 * @module
 */
import { delay, withTimeout } from "../../core/util/async.ts";
import { connect, type Wire } from "../../tests/support/wire.ts";
import { type OkqProcess, startOkq } from "../okq_process.ts";
import { STORE_PERMISSIONS } from "../stores.ts";

/** A run that takes longer hangs. */
const RUN_TIMEOUT_MS = 60_000;
/** A crash is noticed this long after its connections break. */
const CRASH_NOTICE_MS = 100;

export class Target implements AsyncDisposable {
  readonly #okqs: OkqProcess[] = [];
  #runs = 0;
  #name = "";

  static async start(store: string, instances: number): Promise<Target> {
    const target = new Target();
    const options = {
      store,
      permissions: [...STORE_PERMISSIONS],
      args: ["--log-level", "error", "--store-timeout", "60"],
    };
    for (let i = 0; i < instances; i++) target.#okqs.push(await startOkq(options));
    return target;
  }

  /** Names the following runs: a seed makes the same queue names again. */
  begin(name: string): void {
    this.#name = name;
    this.#runs = 0;
  }

  /** @throws {Error} if the run fails or hangs, or if a process crashes or logs an error */
  async run(body: (prefix: string) => Promise<void>): Promise<void> {
    for (const okq of this.#okqs) if (okq.crashed) await okq.start();
    const errors = this.#errors().length;
    const check = (cause?: unknown) => {
      if (this.#errors().length > errors) throw new Error(this.#errors().at(-1), { cause });
    };
    try {
      await withTimeout(body(`${this.#name}-${this.#runs++}-`), RUN_TIMEOUT_MS, () => {
        throw new Error(`The run hangs: it takes more than ${RUN_TIMEOUT_MS / 1000} s`);
      });
    } catch (error) {
      await delay(CRASH_NOTICE_MS);
      check(error);
      throw error;
    }
    check();
  }

  /** Different numbers use different processes. */
  connect(number: number): Promise<Wire> {
    return connect(this.#okqs[number % this.#okqs.length].addr);
  }

  /** Resident memory of all processes, in MiB; NaN if it is unknown. */
  async memory(): Promise<number> {
    const usages = await Promise.all(this.#okqs.map((okq) => okq.usage()));
    return usages.reduce((sum, usage) => sum + (usage?.memory ?? NaN), 0);
  }

  async flush(): Promise<void> {
    await using wire = await this.connect(0);
    await wire.send("QSTATS");
    const rows = await wire.reply() as [Uint8Array][];
    for (const [queue] of rows) await wire.command("QFLUSH", queue);
  }

  /** @throws {Error} unless they exit with 0 and have logged no error */
  async stop(): Promise<void> {
    for (const okq of this.#okqs) {
      const code = await okq.stop();
      if (code !== 0) throw new Error(`okq exited with code ${code} on SIGTERM`);
    }
    if (this.#errors().length > 0) throw new Error(this.#errors()[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#okqs.map((okq) => okq.kill()));
  }

  #errors(): string[] {
    return this.#okqs.flatMap((okq) => [
      ...okq.errors,
      ...Array.from({ length: okq.crashes }, () => `okq crashed: ${okq.log.join("\n")}`),
    ]);
  }
}
