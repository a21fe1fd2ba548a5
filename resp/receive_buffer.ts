/**
 * Memory for what a socket receives.
 *
 * A block is filled from left to right, and its bytes are handed out as views. What was handed out is never written
 * again: a block that has no room left is let go, and lives as long as somebody holds a view into it.
 *
 *     bytes:  | handed out | start … received, not decoded … end | room |
 *
 * @module
 */

/** Size in bytes of the smallest block: what an idle connection costs. */
export const MIN_BLOCK_BYTES = 1024;

/** Size in bytes of the largest block, apart from blocks made for one large bulk. */
export const MAX_BLOCK_BYTES = 65_536;

/**
 * How many bytes are set aside because a client announced them. Beyond, it has to send a part first: otherwise a few
 * thousand connections that announce 16 MiB each and send nothing keep the garbage collector busy for minutes.
 */
export const MAX_ADVANCE_BYTES = 64 * 1024;

// How many times the bytes that have come are set aside for a bulk larger than that, or twice as many where that is all
// of it: so less than half of a bulk is copied, and of what a client is given it has sent an eighth.
const ADVANCE_FACTOR = 4;

// A read of less than this part of its block counts as small traffic.
const SMALL_READ = 1 / 8;

/** The blocks of one connection. The decoder reads the fields directly, and moves `start`. */
export class ReceiveBuffer {
  /** The current block. */
  bytes: Uint8Array = new Uint8Array(MIN_BLOCK_BYTES);
  /** Where the bytes that were not decoded yet begin. */
  start = 0;
  /** Where they end, and the room begins. */
  end = 0;

  #size = MIN_BLOCK_BYTES;
  #smallRead = false;

  /**
   * The place for the next bytes, never empty.
   *
   * @param wanted how many bytes from `start` the decoder waits for, 0 if it cannot know; in the end they lie in one
   * block
   */
  space(wanted: number): Uint8Array {
    if (!this.#canStay(wanted)) this.#move(wanted);
    return this.bytes.subarray(this.end);
  }

  /**
   * Takes note of bytes that were put into the place that {@linkcode space} named.
   *
   * @throws {RangeError} more bytes than there was room for
   */
  filled(n: number): void {
    if (n > this.bytes.length - this.end) throw new RangeError(`Fill block failed: no room for ${n} bytes`);
    this.end += n;
    const full = this.end === this.bytes.length;
    if (full) this.#size = Math.min(this.#size * 2, MAX_BLOCK_BYTES);
    this.#smallRead = !full && n < this.bytes.length * SMALL_READ;
  }

  /** Forgets the bytes that were not decoded: their place is filled again, because nobody was given a view of it. */
  drop(): void {
    this.end = this.start;
  }

  #canStay(wanted: number): boolean {
    const held = this.end - this.start;
    if (wanted > held) {
      const advance = this.bytes.length >= MAX_ADVANCE_BYTES && this.end < this.bytes.length;
      return advance || this.start + wanted <= this.bytes.length;
    }
    if (held === 0 && this.#smallRead && this.#size > MIN_BLOCK_BYTES) {
      this.#size = Math.max(this.#size / 4, MIN_BLOCK_BYTES);
      return false;
    }
    return this.#size <= this.bytes.length && this.bytes.length - this.end >= this.bytes.length / 4;
  }

  #move(wanted: number): void {
    const held = this.bytes.subarray(this.start, this.end);
    const advance = Math.max(MAX_ADVANCE_BYTES, held.length * ADVANCE_FACTOR);
    const granted = wanted <= advance * 2 ? wanted : advance;
    // Twice what is held, so that a long inline line is copied a bounded number of times, each time twice as long.
    this.bytes = new Uint8Array(Math.max(this.#size, granted, held.length * 2));
    this.bytes.set(held);
    this.start = 0;
    this.end = held.length;
    this.#smallRead = false;
  }
}
