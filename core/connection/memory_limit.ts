/**
 * How much memory is taken by what was received and is not answered, of each connection and of all.
 *
 * A connection's part is estimated, and only when something was read or written, so that a command costs nothing: what
 * was received counts until all that was begun by then is answered, and a little later. Beyond the limit of all, those
 * who have more than {@linkcode FREE_BYTES} there stall: they are not read from until there is room.
 *
 *     served ── has much there, and all together too much ──▶ stalled ── there is room, or it is its turn ──▶ served
 *
 * Its turn: commands that have come in part could take all the room and wait for each other, so that now and then the
 * one that has stalled longest may finish its command in any case.
 *
 * @module
 */

/** What a connection may always have in flight. */
export const FREE_BYTES: number = 64 * 1024;

/** What a command takes besides its bytes until it is answered. */
const COMMAND_BYTES = 256;
/** What an argument takes besides its bytes. */
const ARGUMENT_BYTES = 128;
/** What is read in one go, about. */
const READ_BYTES = 256 * 1024;

/** What all connections have in flight. */
export class MemoryLimit {
  readonly #limit: number;
  #bytes = 0;
  #stalled = new Set<MemoryShare>();

  /** @param limit bytes beyond which connections stall */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How much it is now, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many connections are stalled. */
  get stalled(): number {
    return this.#stalled.size;
  }

  /** Lets the one that has stalled longest go on, room or not: to be called now and then. */
  resumeOldest(): void {
    for (const share of this.#stalled) return this.#resume(share, true);
  }

  /** For {@linkcode MemoryShare}: a part of it changed. */
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

  /** For {@linkcode MemoryShare}: whether it stalls, if it has not been let go in any case. */
  stalls(share: MemoryShare): boolean {
    if (this.#bytes < this.#limit) return false;
    this.#stalled.add(share);
    return true;
  }

  /** For {@linkcode MemoryShare}: it has nothing any more. */
  forget(share: MemoryShare): void {
    this.#stalled.delete(share);
  }

  #resume(share: MemoryShare, inAnyCase: boolean): void {
    this.#stalled.delete(share);
    share.resume(inAnyCase);
  }
}

/** The commands of a connection. */
export interface CommandCounts {
  /** How many were ever begun, but for those that were answered at once. */
  readonly begun: number;
  /** How many of those are answered. */
  readonly answered: number;
}

/** What a connection has received and not begun. */
export interface Input {
  /** How many bytes. */
  readonly buffered: number;
  /** How many arguments are among them. */
  readonly collected: number;
}

/** What one connection has in flight. */
export class MemoryShare {
  readonly #all: MemoryLimit;
  readonly #goOn: () => void;
  #bytes = 0;
  #older = 0; // received before #mark commands had been begun
  #newer = 0; // received since
  #mark = 0;
  #begun = 0;
  #exempt = false;

  /** @param goOn told when the connection need not stall any longer */
  constructor(all: MemoryLimit, goOn: () => void) {
    this.#all = all;
    this.#goOn = goOn;
  }

  /** So many bytes were read. */
  received(bytes: number): void {
    this.#newer += bytes;
  }

  /**
   * Commands were begun or answered.
   * @param args arguments of those that were begun since the last call
   */
  update({ begun, answered }: CommandCounts, args: number, { buffered, collected }: Input): void {
    this.#newer += (begun - this.#begun) * COMMAND_BYTES + args * ARGUMENT_BYTES;
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
    if (bytes < this.#bytes) this.#exempt = false;
    if (bytes === this.#bytes) return;
    const by = bytes - this.#bytes;
    this.#bytes = bytes;
    this.#all.change(by);
  }

  /** Whether nothing should be read now; if so, `goOn` will be called. */
  get stalls(): boolean {
    return this.#bytes > FREE_BYTES && !this.#exempt && this.#all.stalls(this);
  }

  /** The connection has ended. */
  end(): void {
    this.#all.forget(this);
    this.#all.change(-this.#bytes);
    this.#bytes = 0;
  }

  /** For {@linkcode MemoryLimit}. */
  resume(inAnyCase: boolean): void {
    this.#exempt = inAnyCase;
    this.#goOn();
  }
}
