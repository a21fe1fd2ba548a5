/**
 * Bytes from a client → commands.
 *
 * The decoder is a state machine that can stop at any byte: between commands (`#missing` is 0), before the header of an
 * argument (`#length` is `NO_LENGTH`), in the middle of an argument, or while swallowing one that is too large
 * (`#discarding`). What was decoded is never looked at again; only a header line that arrived in part, at most 32 bytes,
 * is read from its beginning.
 *
 * @module
 */

import type { DecoderOptions } from "./decoder_options.ts";
import { COUNT, type HeaderKind, INCOMPLETE, LENGTH, readHeader } from "./header.ts";
import { splitInline } from "./inline.ts";
import { MAX_FURTHER_BYTES, MAX_INLINE_BYTES } from "./limits.ts";
import { printable } from "./printable.ts";
import { ProtocolError } from "./protocol_error.ts";
import { ReceiveBuffer } from "./receive_buffer.ts";
import { ArgumentCache } from "./argument_cache.ts";

/** Stands in a command for an argument that was too large to keep. Compare by identity. */
export const OVERSIZED: Uint8Array = new Uint8Array(0);

const ASTERISK = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;

const NO_LENGTH = -1;
const LINE_END_BYTES = 2;
// Digits that cannot leave the range of small integers, in which the fast path stays.
const FAST_DIGITS = 8;

/**
 * Decodes what one client sends. Read into {@linkcode Decoder.space}, tell {@linkcode Decoder.filled} how much came, and
 * call {@linkcode Decoder.next} until it returns null.
 *
 * Arguments are not to be written to. They are views into the memory that was read into, which is not written again, or
 * the same ones as last time: they may be held for as long as one likes, but a small one may keep 64 KiB alive.
 */
export class Decoder {
  readonly #input = new ReceiveBuffer();
  readonly #repeats = new ArgumentCache();
  #maxBulkBytes!: number;
  #countKind!: HeaderKind;
  #lengthKind!: HeaderKind;
  #maxInlineBytes!: number;

  #args: Uint8Array[] = [];
  #missing = 0;
  #length = NO_LENGTH;
  #discarding = false;
  #argumentBytes = 0;
  #lineScanned = 0;

  #buffered = 0;
  #oversizedSoFar = 0;
  #oversized = 0;
  #failure: ProtocolError | null = null;

  /** @param options what is accepted of this connection */
  constructor(options: DecoderOptions) {
    this.accept(options);
  }

  /** Changes what is accepted, from the next header on. */
  accept({ maxBulkBytes, count = COUNT, length = LENGTH, maxInlineBytes = MAX_INLINE_BYTES }: DecoderOptions): void {
    this.#maxBulkBytes = maxBulkBytes;
    this.#countKind = count;
    this.#lengthKind = length;
    this.#maxInlineBytes = maxInlineBytes;
  }

  /** Whether a part of a command has come. */
  get midway(): boolean {
    return this.#missing > 0 || this.#buffered > 0;
  }

  /** How many arguments have come of a command that has not come in full. */
  get collected(): number {
    return this.#args.length;
  }

  /** How many bytes were received and kept that belong to no command returned yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Size in bytes of the first {@linkcode OVERSIZED} argument of the command that was returned last, 0 without one. */
  get oversized(): number {
    return this.#oversized;
  }

  /** Where the next bytes from the socket go, not more than `most`; never empty. Good until the next call of any method. */
  space(most = Infinity): Uint8Array {
    const inArgument = this.#length !== NO_LENGTH && !this.#discarding;
    const space = this.#input.space(inArgument ? this.#length + LINE_END_BYTES : 0);
    return space.length > most ? space.subarray(0, most) : space;
  }

  /**
   * Tells that bytes were put at the beginning of {@linkcode Decoder.space}.
   *
   * @param n how many bytes
   * @throws {RangeError} more bytes than there was room for
   */
  filled(n: number): void {
    this.#input.filled(n);
    this.#buffered += n;
  }

  /**
   * The next complete command: its name and its arguments.
   *
   * @returns null if more bytes are needed
   * @throws {ProtocolError} the client broke the protocol; every later call throws the same
   */
  next(): Uint8Array[] | null {
    if (this.#failure !== null) throw this.#failure;
    try {
      while (this.#missing === 0) {
        const { bytes, start, end } = this.#input;
        if (start === end) return null;
        if (bytes[start] !== ASTERISK) {
          if (!this.#inlineCommand()) return null;
          if (this.#args.length > 0) return this.#finish();
        } else {
          const count = this.#header(this.#countKind);
          if (count === INCOMPLETE) return null;
          this.#missing = count;
        }
        // Nothing was asked for: as in Redis, there is no reply.
        if (this.#missing === 0) this.#buffered = this.#input.end - this.#input.start;
      }
      return this.#collect() ? this.#finish() : null;
    } catch (error) {
      if (error instanceof ProtocolError) this.#failure = error;
      throw error;
    }
  }

  /** Collects arguments until the command has all of them. */
  #collect(): boolean {
    const input = this.#input;
    const { bytes, end } = input;
    while (this.#missing > 0) {
      if (this.#length === NO_LENGTH && !this.#beginArgument()) return false;
      if (this.#discarding && !this.#discard()) return false;
      const start = input.start;
      const stop = start + this.#length;
      if (stop + LINE_END_BYTES > end) return false;
      if (bytes[stop] !== CR || bytes[stop + 1] !== LF) throw new ProtocolError("expected CRLF after bulk");
      this.#args.push(this.#discarding ? OVERSIZED : this.#repeats.argument(this.#args.length, bytes, start, stop));
      input.start = stop + LINE_END_BYTES;
      this.#length = NO_LENGTH;
      this.#discarding = false;
      this.#missing--;
    }
    return true;
  }

  #beginArgument(): boolean {
    const { bytes, start, end } = this.#input;
    if (start === end) return false;
    if (bytes[start] !== DOLLAR) {
      throw new ProtocolError(`expected '$', got '${printable(bytes.subarray(start, start + 1))}'`);
    }
    const length = this.#header(this.#lengthKind);
    if (length === INCOMPLETE) return false;
    this.#length = length;
    if (length > this.#maxBulkBytes) {
      this.#discarding = true;
      this.#oversizedSoFar ||= length;
    } else {
      this.#argumentBytes += length;
      if (this.#argumentBytes > this.#maxBulkBytes + MAX_FURTHER_BYTES) throw new ProtocolError("too big command");
    }
    return true;
  }

  /** Swallows what is there of an argument that is too large; afterwards it is like one of no bytes. */
  #discard(): boolean {
    const input = this.#input;
    const there = input.end - input.start;
    if (there < this.#length) {
      this.#length -= there;
      this.#buffered -= there;
      input.drop();
      return false;
    }
    input.start += this.#length;
    this.#length = 0;
    return true;
  }

  /** Reads the header line that begins at `start`, and moves behind it. */
  #header(kind: HeaderKind): number {
    const input = this.#input;
    const { bytes, start, end } = input;
    const limit = Math.min(end, start + 1 + FAST_DIGITS);
    let value = 0;
    let at = start + 1;
    while (at < limit && bytes[at] >= ZERO && bytes[at] <= NINE) value = value * 10 + bytes[at++] - ZERO;
    const canonical = at > start + 1 && (bytes[start + 1] !== ZERO || at === start + 2);
    if (canonical && value <= kind.max && at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) {
      input.start = at + LINE_END_BYTES;
      return value;
    }
    const slow = readHeader(bytes, start, end, kind);
    if (slow !== INCOMPLETE) input.start = bytes.indexOf(LF, start) + 1;
    return slow;
  }

  /** Takes an inline command if its line is complete. */
  #inlineCommand(): boolean {
    const input = this.#input;
    const { bytes, start, end } = input;
    let at = start + this.#lineScanned;
    while (at < end && bytes[at] !== LF) at++;
    this.#lineScanned = at - start;
    const last = at > start && bytes[at - 1] === CR ? at - 1 : at;
    if (last - start > this.#maxInlineBytes) throw new ProtocolError("too big inline request");
    if (at === end) return false;
    this.#lineScanned = 0;
    input.start = at + 1;
    this.#args = splitInline(bytes.subarray(start, last)).map((word) => this.#kept(word));
    return true;
  }

  #kept(word: Uint8Array): Uint8Array {
    if (word.length <= this.#maxBulkBytes) return word;
    this.#oversizedSoFar ||= word.length;
    return OVERSIZED;
  }

  #finish(): Uint8Array[] {
    const args = this.#args;
    this.#args = [];
    this.#argumentBytes = 0;
    this.#oversized = this.#oversizedSoFar;
    this.#oversizedSoFar = 0;
    this.#buffered = this.#input.end - this.#input.start;
    return args;
  }
}
