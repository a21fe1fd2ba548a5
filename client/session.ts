/**
 * A consumer's two connections to one okq: one that waits for events, and one that takes and settles them meanwhile. They
 * live and die together.
 *
 * @module
 */
import type { Buffer } from "../deps.ts";
import { type Address, Connection } from "./connection.ts";
import { Unavailable } from "./errors.ts";

/** How long QNOTIFY waits, in seconds: six commands a minute while there is nothing to do. */
const NOTIFY_SECONDS = 10;
/** How long nothing may be answered before the connections are given up, in milliseconds: above `--store-timeout`. */
const PATIENCE_MS = 15_000;

/** The connections. */
export class Session {
  /** Resolves to the reason once it is of no use any more. */
  readonly over: Promise<unknown>;
  readonly #work: Connection;
  readonly #notify: Connection | undefined;
  readonly #end: (reason: unknown) => void;
  #consuming = true;

  private constructor(work: Connection, notify: Connection | undefined) {
    this.#work = work;
    this.#notify = notify;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.over = promise;
    this.#end = resolve;
    work.lost.then(resolve);
    notify?.lost.then((reason) => this.#consuming && resolve(reason));
  }

  /**
   * Connects and registers.
   *
   * @param queues none if nothing is to be taken, only settled
   * @throws {Unavailable}
   * @throws {Refused} if the server does not register them
   */
  static async open(address: Address, queues: readonly string[]): Promise<Session> {
    const work = await Connection.open(address, PATIENCE_MS);
    if (queues.length === 0) return new Session(work, undefined);
    let notify: Connection | undefined;
    try {
      notify = await Connection.open(address, NOTIFY_SECONDS * 1000 + PATIENCE_MS);
      await notify.ask(["QREGISTER", ...queues]);
      return new Session(work, notify);
    } catch (error) {
      work.destroy();
      notify?.destroy();
      throw error;
    }
  }

  /** Waits for an event; with `look` it only looks. Returns the name of a queue that has one. */
  async notify(look: boolean): Promise<string | undefined> {
    const queue = await this.#notify!.ask(["QNOTIFY", look ? "0" : `${NOTIFY_SECONDS}`]) as Buffer | null;
    return queue?.toString();
  }

  /** Takes an event. */
  pop(queue: string, leaseSeconds: string): Promise<[id: Buffer, contents: Buffer] | null> {
    return this.#work.ask(["QRPOP", queue, "EX", leaseSeconds]) as Promise<[Buffer, Buffer] | null>;
  }

  /** Acknowledges an event, or gives it back. */
  async settle(queue: string, id: string | Buffer, redo: boolean): Promise<boolean> {
    return await this.#work.ask(redo ? ["QACK", queue, id, "REDO"] : ["QACK", queue, id]) === 1;
  }

  /** Says that it is of no use any more. */
  end(reason: unknown): void {
    this.#end(reason);
  }

  /** Stops consuming, and stays for settling. */
  deregister(): void {
    this.#consuming = false;
    this.#notify?.destroy();
  }

  /** Hangs up; commands under way are answered first. */
  close(): void {
    this.#notify?.destroy();
    this.#work.close();
    this.#end(new Unavailable("The consumer hung up", false));
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#notify?.destroy();
    this.#work.destroy();
  }
}
