/**
 * Back-pressure: nothing is read from clients that send faster than their commands are answered, once the received and
 * unanswered input of all connections reaches a limit.
 *
 * A connection's share is estimated after reads and writes only, so that a command costs nothing: input counts until
 * everything that had begun when it arrived is answered. At the limit, connections with a share above {@linkcode
 * FREE_BYTES} are stalled: nothing is read from them.
 *
 *     served ── large share, limit reached ──▶ stalled ── there is room, or resumeOldest() ──▶ served
 *
 * Incomplete commands could use all the room and wait for each other. So the connection that has been stalled longest
 * is periodically resumed even without room, and may finish its command.
 *
 * @module
 */
import type { Decoder } from "../../resp/decode.ts";
import type { ReplyQueue } from "./reply_queue.ts";

/** Share that a connection may always have, in bytes. */
export const FREE_BYTES: number = 64 * 1024;

/** Memory of an unanswered command besides its input, in bytes. */
const COMMAND_BYTES = 256;
/** Memory of an argument besides its content, in bytes. */
const ARGUMENT_BYTES = 128;
/** Expected share of a resumed connection, in bytes: about one read. */
const READ_BYTES = 256 * 1024;

/** What may be stalled: a connection, or the body of an HTTP request. */
export interface Stallable {
  /** @param withoutRoom the limit is still reached */
  resume(withoutRoom: boolean): void;
}

export class BackPressure {
  readonly #limit: number;
  readonly #stalled = new Set<Stallable>();
  #bytes = 0;

  /** @param limit in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Estimated bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of stalled connections. */
  get stalled(): number {
    return this.#stalled.size;
  }

  /** Resumes the connection that has been stalled longest, even without room. */
  resumeOldest(): void {
    for (const share of this.#stalled) return this.#resume(share, true);
  }

  change(by: number): void {
    this.#bytes += by;
    if (this.#stalled.size === 0) return;
    let expected = this.#bytes;
    for (const share of this.#stalled) {
      if (expected >= this.#limit) return;
      expected += READ_BYTES;
      this.#resume(share, false);
    }
  }

  /** Stalls a share if the limit is reached; returns whether it was. */
  stall(share: Stallable): boolean {
    if (this.#bytes < this.#limit) return false;
    this.#stalled.add(share);
    return true;
  }

  isStalled(share: Stallable): boolean {
    return this.#stalled.has(share);
  }

  forget(share: Stallable): void {
    this.#stalled.delete(share);
  }

  #resume(share: Stallable, withoutRoom: boolean): void {
    this.#stalled.delete(share);
    share.resume(withoutRoom);
  }
}

export class MemoryShare implements Stallable {
  readonly #limit: BackPressure;
  readonly #onResume: () => void;
  bytes = 0;
  #older = 0; // received before #mark commands had begun
  #newer = 0; // received since then
  #mark = 0;
  #begun = 0;
  #exempt = false; // resumed without room

  constructor(limit: BackPressure, onResume: () => void) {
    this.#limit = limit;
    this.#onResume = onResume;
  }

  get stalled(): boolean {
    return this.#limit.isStalled(this);
  }

  /**
   * @param received bytes read since the last update
   * @param args arguments of the commands begun since then
   */
  update(
    received: number,
    { begun, answered }: Pick<ReplyQueue, "begun" | "answered">,
    args: number,
    { buffered, collected }: Pick<Decoder, "buffered" | "collected">,
  ): void {
    this.#newer += received + (begun - this.#begun) * COMMAND_BYTES + args * ARGUMENT_BYTES;
    this.#begun = begun;
    if (answered === begun) {
      this.#older = this.#newer = 0;
      this.#mark = begun;
    } else if (answered >= this.#mark) {
      this.#older = this.#newer;
      this.#newer = 0;
      this.#mark = begun;
    }
    const bytes = Math.max(this.#older + this.#newer, buffered + collected * ARGUMENT_BYTES);
    if (bytes < this.bytes) this.#exempt = false;
    if (bytes === this.bytes) return;
    const by = bytes - this.bytes;
    this.bytes = bytes;
    this.#limit.change(by);
  }

  /** Whether nothing should be read until `onResume` is called. */
  mustStall(): boolean {
    return this.bytes > FREE_BYTES && !this.#exempt && this.#limit.stall(this);
  }

  resume(withoutRoom: boolean): void {
    this.#exempt = withoutRoom;
    this.#onResume();
  }

  close(): void {
    this.#limit.forget(this);
    this.#limit.change(-this.bytes);
    this.bytes = 0;
  }
}
