/**
 * A consumer's two connections to one okq: one that waits for events and takes them, and one that settles them meanwhile.
 * They live and die together.
 *
 * @module
 */
import type { Buffer } from "../deps.ts";
import { inSeconds } from "./bounds.ts";
import { type Address, type Arg, Connection } from "./connection.ts";
import { Unavailable } from "../errors.ts";
import type { Delivery, Verdict } from "../event.ts";

/** How long QCLAIM waits, in seconds: six commands a minute while there is nothing to do. */
const WAIT_SECONDS = 10;
/** How long nothing may be answered before the connections are given up, in milliseconds: above `--store-timeout`. */
const REPLY_TIMEOUT_MS = 15_000;

/** An event as QCLAIM delivers it. */
export type Claimed = [queue: Buffer, id: Buffer, contents: Buffer, attempt: number, receipt: Buffer];

/** The connections. */
export class Session {
  /** Resolves to the reason once it is of no use any more. */
  readonly over: Promise<unknown>;
  readonly #work: Connection;
  readonly #wait: Connection | undefined;
  readonly #waitId: string;
  readonly #end: (reason: unknown) => void;
  #consuming = true;

  private constructor(work: Connection, wait: Connection | undefined, waitId: string) {
    this.#work = work;
    this.#wait = wait;
    this.#waitId = waitId;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.over = promise;
    this.#end = resolve;
    work.lost.then(resolve);
    wait?.lost.then((reason) => this.#consuming && resolve(reason));
  }

  /**
   * Connects and registers.
   *
   * @param queues none if nothing is to be taken, only settled
   * @throws {Unavailable}
   * @throws {Refused} if the server does not register them
   */
  static async open(address: Address, queues: readonly string[]): Promise<Session> {
    const work = await Connection.open(address, REPLY_TIMEOUT_MS);
    if (queues.length === 0) return new Session(work, undefined, "");
    let wait: Connection | undefined;
    try {
      wait = await Connection.open(address, WAIT_SECONDS * 1000 + REPLY_TIMEOUT_MS);
      const [id] = await Promise.all([wait.ask(["CLIENT", "ID"]), wait.ask(["QREGISTER", ...queues])]);
      return new Session(work, wait, `${id}`);
    } catch (error) {
      work.destroy();
      wait?.destroy();
      throw error;
    }
  }

  /** Waits for events and takes them, from the first of the queues that have some. */
  async claim(count: number, leaseSeconds: string, queues: readonly string[]): Promise<Claimed[]> {
    const limits = ["COUNT", `${count}`, "EX", leaseSeconds, "BLOCK", `${WAIT_SECONDS}`];
    return (await this.#wait!.ask(["QCLAIM", ...limits, "QUEUES", ...queues]) ?? []) as Claimed[];
  }

  /** Ends a {@linkcode claim} that waits; one that has not begun to is not ended. */
  async unblock(): Promise<void> {
    await this.#work.ask(["CLIENT", "UNBLOCK", this.#waitId]);
  }

  /** Settles an event. */
  async settle({ queue, idArg, receipt }: Delivery<unknown>, verdict: Verdict): Promise<boolean> {
    const args: Arg[] = [queue, idArg, "RECEIPT", receipt];
    if (verdict === "done" || verdict === "redo") {
      if (verdict === "redo") args.push("REDO");
      return await this.#work.ask(["QACK", ...args]) === 1;
    }
    if (verdict.delayMs !== undefined) args.push("DELAY", inSeconds(verdict.delayMs));
    if (verdict.reason !== undefined) args.push("REASON", verdict.reason);
    return await this.#work.ask(["QNACK", ...args]) === 1;
  }

  /** Prolongs a lease. */
  async touch({ queue, idArg, receipt }: Delivery<unknown>, leaseSeconds: string): Promise<boolean> {
    return await this.#work.ask(["QTOUCH", queue, idArg, "EX", leaseSeconds, "RECEIPT", receipt]) === 1;
  }

  /** Says that it is of no use any more. */
  end(reason: unknown): void {
    this.#end(reason);
  }

  /** Stops consuming, and stays for settling. */
  deregister(): void {
    this.#consuming = false;
    this.#wait?.destroy();
  }

  /** Hangs up; commands under way are answered first. */
  close(): void {
    this.#wait?.destroy();
    this.#work.close();
    this.#end(new Unavailable("The consumer hung up", false));
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#wait?.destroy();
    this.#work.destroy();
  }
}
