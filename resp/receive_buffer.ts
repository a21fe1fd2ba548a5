/**
 * The memory that a socket receives into.
 *
 * A block is filled from left to right, and the decoder returns views of it. Decoded bytes are never overwritten: a
 * full block is replaced, and lives while a view of it is referenced.
 *
 *     bytes:  | decoded | start … received, not decoded … end | free |
 *
 * @module
 */

/** The smallest block: the cost of an idle connection. */
export const MIN_BLOCK_BYTES = 1024;

/** The largest block, except for one large argument. */
export const MAX_BLOCK_BYTES = 65_536;

/**
 * What is allocated because a client announced it. For more it must send a part first: otherwise a few thousand
 * connections that announce 16 MiB each and send nothing keep the garbage collector busy for minutes.
 */
export const MAX_ADVANCE_BYTES = 64 * 1024;

// A larger argument gets this many times the bytes received of it, or up to twice that if all of it fits then. So less
// than half of an argument is copied, and a client has sent at least an eighth of what it is granted.
const ADVANCE_FACTOR = 4;

// A read that fills less of its block is a small one.
const SMALL_READ = 1 / 8;

/** The decoder reads the fields directly, and moves `start`. */
export class ReceiveBuffer {
  bytes: Uint8Array = new Uint8Array(MIN_BLOCK_BYTES);
  /** Begin of the bytes that are not decoded. */
  start = 0;
  /** Their end, and begin of the free part. */
  end = 0;

  #size = MIN_BLOCK_BYTES;
  /** Bytes of the last read, or more if those before it filled their blocks. */
  #lastRead = 0;
  #hasMore = false;
  #smallRead = false;

  /**
   * The free part of the block, never empty.
   *
   * @param wanted bytes from `start` that the decoder needs in one block; 0 if unknown
   */
  space(wanted: number): Uint8Array {
    if (!this.#canStay(wanted)) this.#move(wanted);
    return this.bytes.subarray(this.end);
  }

  /**
   * Accepts the first `n` bytes of {@linkcode ReceiveBuffer.space} as received.
   *
   * @throws {RangeError} if the space is smaller
   */
  filled(n: number): void {
    if (n > this.bytes.length - this.end) throw new RangeError(`Fill block failed: no room for ${n} bytes`);
    this.end += n;
    const full = this.end === this.bytes.length;
    this.#lastRead = this.#hasMore ? Math.max(this.#lastRead, n) : n;
    this.#hasMore = full;
    if (full || this.#lastRead > this.bytes.length / 2) this.#size = Math.min(this.#size * 2, MAX_BLOCK_BYTES);
    this.#smallRead = !full && this.#lastRead < this.bytes.length * SMALL_READ;
  }

  /** Drops the bytes not decoded. There is no view of them, so their memory is reused. */
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
    // A client that sends as much again must not need two reads.
    const { length } = this.bytes;
    const expected = Math.min(Math.max(this.#lastRead, length / 4), length / 2);
    return this.#size <= length && length - this.end >= expected;
  }

  #move(wanted: number): void {
    const held = this.bytes.subarray(this.start, this.end);
    const advance = Math.max(MAX_ADVANCE_BYTES, held.length * ADVANCE_FACTOR);
    const granted = wanted <= advance * 2 ? wanted : advance;
    // At least twice what is held, so that a long inline command is copied only when it has doubled.
    this.bytes = new Uint8Array(Math.max(this.#size, granted, held.length * 2));
    this.bytes.set(held);
    this.start = 0;
    this.end = held.length;
    this.#smallRead = false;
  }
}
