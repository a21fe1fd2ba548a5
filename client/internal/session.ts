/**
 * A consumer's two connections to one server: one that waits in QCLAIM, and one for the commands that must not wait
 * behind it. They are opened and closed together.
 *
 * @module
 */
import type { Buffer } from "../deps.ts";
import { Unavailable } from "../errors.ts";
import type { Delivery, Settlement } from "../event.ts";
import { Connection } from "./connection.ts";
import type { Address } from "./endpoints.ts";
import { type Arg, toSeconds } from "./validate.ts";

/** How long QCLAIM waits, in seconds: an idle consumer sends six commands a minute. */
const BLOCK_SECONDS = 10;
/** Longest time without a reply, in milliseconds. Must exceed the server's `--store-timeout`. */
const REPLY_TIMEOUT_MS = 15_000;

/** An event in the reply to QCLAIM. */
export type ClaimReply = [queue: Buffer, id: Buffer, contents: Buffer, attempt: number, receipt: Buffer];

export class Session {
  /** Resolves to the reason once the session cannot be used any more. */
  readonly ended: Promise<unknown>;
  readonly #commands: Connection;
  readonly #claims: Connection | undefined;
  readonly #claimsId: string;
  readonly #end: (reason: unknown) => void;
  #claiming = true;

  private constructor(commands: Connection, claims: Connection | undefined, claimsId: string) {
    this.#commands = commands;
    this.#claims = claims;
    this.#claimsId = claimsId;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.ended = promise;
    this.#end = resolve;
    commands.lost.then(resolve);
    claims?.lost.then((reason) => this.#claiming && resolve(reason));
  }

  /**
   * Connects, and registers the consumer.
   *
   * @param queues none for a session that only settles events
   * @throws {Unavailable} if the server cannot be reached
   * @throws {Refused} if the server does not accept the credentials or a queue
   */
  static async open(address: Address, queues: readonly string[]): Promise<Session> {
    const commands = await Connection.open(address, REPLY_TIMEOUT_MS);
    if (queues.length === 0) return new Session(commands, undefined, "");
    let claims: Connection | undefined;
    try {
      claims = await Connection.open(address, BLOCK_SECONDS * 1000 + REPLY_TIMEOUT_MS);
      const [id] = await Promise.all([claims.send(["CLIENT", "ID"]), claims.send(["QREGISTER", ...queues])]);
      return new Session(commands, claims, `${id}`);
    } catch (error) {
      commands.destroy();
      claims?.destroy();
      throw error;
    }
  }

  /** Claims events of the first queue that has some, and waits for them. Empty if none arrived in time. */
  async claim(count: number, leaseSeconds: string, queues: readonly string[]): Promise<ClaimReply[]> {
    const options = ["COUNT", `${count}`, "EX", leaseSeconds, "BLOCK", `${BLOCK_SECONDS}`];
    return (await this.#claims!.send(["QCLAIM", ...options, "QUEUES", ...queues]) ?? []) as ClaimReply[];
  }

  /** Ends a {@linkcode claim} that waits. Does nothing if the server has not begun to work on it. */
  async unblock(): Promise<void> {
    await this.#commands.send(["CLIENT", "UNBLOCK", this.#claimsId]);
  }

  /** Sends QACK or QNACK. False if the receipt is not valid any more. */
  async settle({ queue, idArg, receipt }: Delivery<unknown>, settlement: Settlement): Promise<boolean> {
    const args: Arg[] = [queue, idArg, "RECEIPT", receipt];
    if (settlement === "ack" || settlement === "redo") {
      if (settlement === "redo") args.push("REDO");
      return await this.#commands.send(["QACK", ...args]) === 1;
    }
    if (settlement.delayMs !== undefined) args.push("DELAY", toSeconds(settlement.delayMs));
    if (settlement.reason !== undefined) args.push("REASON", settlement.reason);
    return await this.#commands.send(["QNACK", ...args]) === 1;
  }

  /** Sends QTOUCH. False if the receipt is not valid any more. */
  async touch({ queue, idArg, receipt }: Delivery<unknown>, leaseSeconds: string): Promise<boolean> {
    return await this.#commands.send(["QTOUCH", queue, idArg, "EX", leaseSeconds, "RECEIPT", receipt]) === 1;
  }

  /** Resolves {@linkcode ended}. The connections stay open until they are closed. */
  end(reason: unknown): void {
    this.#end(reason);
  }

  /** Closes the connection that claims, which deregisters the consumer. Events can still be settled. */
  stopClaiming(): void {
    this.#claiming = false;
    this.#claims?.destroy();
  }

  /** Closes both connections once pending settlements have their replies. */
  close(): void {
    this.#claims?.destroy();
    this.#commands.close();
    this.#end(new Unavailable("The consumer closed the connection", false));
  }

  /** Closes both connections at once. */
  destroy(): void {
    this.#claims?.destroy();
    this.#commands.destroy();
  }
}
