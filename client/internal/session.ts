/**
 * Two connections to a server, opened and closed together: one waits in QCLAIM, one must not. A settlement while none
 * waits travels with the next QCLAIM, so that the server needs one step for both.
 *
 * @module
 */
import type { Buffer } from "../deps.ts";
import { Unavailable } from "../errors.ts";
import type { Delivery, Outcome, Settlement } from "../event.ts";
import { Connection } from "./connection.ts";
import { type Address, formatAddress } from "./endpoints.ts";
import { type Arg, toSeconds } from "./validate.ts";
import { withResolvers } from "./runtime.ts";

/** An idle consumer sends six commands a minute. */
const BLOCK_SECONDS = 10;
/** Must exceed the server's `--store-timeout`. */
const REPLY_TIMEOUT_MS = 15_000;

export type ClaimReply = [
  queue: Buffer,
  id: Buffer,
  contents: Buffer,
  attempt: number,
  receipt: Buffer,
  meta: Buffer | null,
  group: Buffer | null,
];

export class Session {
  /** Resolves once the session cannot be used any more. */
  readonly ended: Promise<unknown>;
  readonly #commands: Connection;
  readonly #claims: Connection | undefined;
  readonly #claimsId: string;
  readonly #end: (reason: unknown) => void;
  #claiming = true;
  #waiting = false; // in QCLAIM
  #settled: Promise<unknown> = Promise.resolve(); // the last settlement on the connection for claims

  private constructor(
    readonly address: string,
    commands: Connection,
    claims: Connection | undefined,
    claimsId: string,
  ) {
    this.#commands = commands;
    this.#claims = claims;
    this.#claimsId = claimsId;
    const { promise, resolve } = withResolvers<unknown>();
    this.ended = promise;
    this.#end = resolve;
    commands.lost.then(resolve);
    claims?.lost.then((reason) => this.#claiming && resolve(reason));
  }

  /**
   * Connects, and registers the consumer.
   *
   * @param queues none for a session that only settles
   * @throws {Unavailable} if the server cannot be reached
   * @throws {Refused} if the server does not accept the credentials or a queue
   */
  static async open(address: Address, queues: readonly string[]): Promise<Session> {
    const commands = await Connection.open(address, REPLY_TIMEOUT_MS);
    if (queues.length === 0) return new Session(formatAddress(address), commands, undefined, "");
    let claims: Connection | undefined;
    try {
      claims = await Connection.open(address, BLOCK_SECONDS * 1000 + REPLY_TIMEOUT_MS);
      const [id] = await Promise.all([claims.send(["CLIENT", "ID"]), claims.send(["QREGISTER", ...queues])]);
      return new Session(formatAddress(address), commands, claims, `${id}`);
    } catch (error) {
      commands.destroy();
      claims?.destroy();
      throw error;
    }
  }

  /** Waits for events of the first queue that has some. Empty if none arrived in time. */
  async claim(count: number, leaseSeconds: string, queues: readonly string[]): Promise<ClaimReply[]> {
    const options = ["META", "COUNT", `${count}`, "EX", leaseSeconds, "BLOCK", `${BLOCK_SECONDS}`];
    this.#waiting = true;
    try {
      return (await this.#claims!.send(["QCLAIM", ...options, "QUEUES", ...queues]) ?? []) as ClaimReply[];
    } finally {
      this.#waiting = false;
    }
  }

  /** Ends a waiting {@linkcode claim}, if the server has begun to work on it. */
  async unblock(): Promise<void> {
    await this.#commands.send(["CLIENT", "UNBLOCK", this.#claimsId]);
  }

  /** False if the receipt is not valid any more. */
  async settle({ queue, idArg, receipt }: Delivery<unknown>, settlement: Settlement): Promise<Outcome> {
    const args: Arg[] = [queue, idArg, "RECEIPT", receipt];
    if (settlement === "ack" || settlement === "redo") {
      if (settlement === "redo") args.push("REDO");
      return await this.#sendSettlement(["QACK", ...args]) === 1;
    }
    if (settlement.dead) args.push("DEAD");
    if (settlement.delayMs !== undefined) args.push("DELAY", toSeconds(settlement.delayMs));
    if (settlement.reason !== undefined) args.push("REASON", settlement.reason);
    const state = await this.#sendSettlement(["QNACK", ...args, "STATE"]) as Buffer | null;
    return state?.toString() === "dead" ? "dead" : state !== null;
  }

  /** False if the receipt is not valid any more. */
  async touch({ queue, idArg, receipt }: Delivery<unknown>, leaseSeconds: string): Promise<boolean> {
    return await this.#commands.send(["QTOUCH", queue, idArg, "EX", leaseSeconds, "RECEIPT", receipt]) === 1;
  }

  /** Resolves {@linkcode ended}; the connections stay open. */
  end(reason: unknown): void {
    this.#end(reason);
  }

  /** Deregisters the consumer. Events can still be settled. */
  stopClaiming(): void {
    this.#claiming = false;
    this.#settled.then(() => this.#claims?.destroy());
  }

  /** Closes once pending settlements have their replies. */
  close(): void {
    this.stopClaiming();
    this.#commands.close();
    this.#end(new Unavailable("The consumer closed the connection", false));
  }

  destroy(): void {
    this.#claims?.destroy();
    this.#commands.destroy();
  }

  #sendSettlement(args: Arg[]): Promise<unknown> {
    if (!this.#claims || !this.#claiming || this.#waiting) return this.#commands.send(args);
    const reply = this.#claims.send(args);
    this.#settled = reply.catch(() => {});
    return reply;
  }
}
