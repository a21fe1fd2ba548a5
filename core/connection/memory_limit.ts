/**
 * Memory of received and unanswered input, of each connection and of all, and back-pressure at the limit.
 *
 * The share of a connection is estimated, and only after a read or a write, so that a command costs nothing: input counts
 * until everything that had begun when it arrived is answered, or a little longer. Beyond the limit of all connections,
 * those with a share above {@linkcode FREE_BYTES} are stalled: nothing is read from them until there is room.
 *
 *     served ── large share, limit reached ──▶ stalled ── there is room, or resumeOldest() ──▶ served
 *
 * Incomplete commands could use all the room and wait for each other. So the connection that has been stalled longest is
 * resumed now and then even without room, and may finish its command.
 *
 * @module
 */

/** Share that a connection may always have, in bytes. */
export const FREE_BYTES: number = 64 * 1024;

/** Memory of an unanswered command besides its input, in bytes. */
const COMMAND_BYTES = 256;
/** Memory of an argument besides its bytes. */
const ARGUMENT_BYTES = 128;
/** Expected share of a connection that resumes: about one read, in bytes. */
const READ_BYTES = 256 * 1024;

/** The limit of all connections. */
export class MemoryLimit {
  readonly #limit: number;
  readonly #stalled = new Set<MemoryShare>();
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

  /** Resumes the connection that has been stalled longest, even if there is no room. To be called now and then. */
  resumeOldest(): void {
    for (const share of this.#stalled) return this.#resume(share, true);
  }

  /** For {@linkcode MemoryShare}: its size has changed. */
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

  /** For {@linkcode MemoryShare}: stalls it if the limit is reached. Returns whether it was. */
  stall(share: MemoryShare): boolean {
    if (this.#bytes < this.#limit) return false;
    this.#stalled.add(share);
    return true;
  }

  /** For {@linkcode MemoryShare}: whether it is stalled. */
  isStalled(share: MemoryShare): boolean {
    return this.#stalled.has(share);
  }

  /** For {@linkcode MemoryShare}: its connection has ended. */
  forget(share: MemoryShare): void {
    this.#stalled.delete(share);
  }

  #resume(share: MemoryShare, withoutRoom: boolean): void {
    this.#stalled.delete(share);
    share.resume(withoutRoom);
  }
}

/** Commands of a connection. */
export interface CommandCounts {
  /** How many ever got a reply slot. */
  readonly begun: number;
  /** How many of those are answered. */
  readonly answered: number;
}

/** Input of a connection that is received and not begun. */
export interface BufferedInput {
  /** Bytes. */
  readonly buffered: number;
  /** Arguments of the incomplete command. */
  readonly collected: number;
}

/** The share of one connection. */
export class MemoryShare {
  readonly #limit: MemoryLimit;
  readonly #onResume: () => void;
  /** Estimated bytes in use. Changed only here. */
  bytes = 0;
  #older = 0; // received before #mark commands had begun
  #newer = 0; // received since then
  #mark = 0;
  #begun = 0;
  #exempt = false; // it was resumed without room

  /** @param onResume called when the connection need not stall any longer */
  constructor(limit: MemoryLimit, onResume: () => void) {
    this.#limit = limit;
    this.#onResume = onResume;
  }

  /** The connection is stalled. */
  get stalled(): boolean {
    return this.#limit.isStalled(this);
  }

  /**
   * Updates the share after a read, or after commands were answered.
   * @param received bytes read since the last update
   * @param args arguments of the commands begun since the last update
   */
  update(
    received: number,
    { begun, answered }: CommandCounts,
    args: number,
    { buffered, collected }: BufferedInput,
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

  /** Stalls the connection if it has to. Returns whether nothing should be read until `onResume` is called. */
  mustStall(): boolean {
    return this.bytes > FREE_BYTES && !this.#exempt && this.#limit.stall(this);
  }

  /** For {@linkcode MemoryLimit}. */
  resume(withoutRoom: boolean): void {
    this.#exempt = withoutRoom;
    this.#onResume();
  }

  /** The connection has ended. */
  close(): void {
    this.#limit.forget(this);
    this.#limit.change(-this.bytes);
    this.bytes = 0;
  }
}
