/**
 * Encodes replies for a client, and commands for a server.
 *
 * @module
 */

import { countArguments, EncodedArguments } from "./encoded_arguments.ts";
import { oneLine } from "./printable.ts";
import { ErrorReply, OK, type Reply, Status } from "./reply.ts";

export type Protocol = 2 | 3;

/** The smallest buffer: the cost of an idle connection. */
export const MIN_OUTPUT_BYTES = 512;

export const MAX_REUSED_OUTPUT_BYTES = 65_536;

/** Bulk strings from this size on are not copied. */
const MIN_REFERENCED_BYTES = 64 * 1024;

const ZERO = 0x30;
const COLON = 0x3a;
const DOLLAR = 0x24;
const ASTERISK = 0x2a;
const PERCENT = 0x25;
const PLUS = 0x2b;
const MINUS = 0x2d;
const CR = 0x0d;
const LF = 0x0a;

// First byte, sign, 16 digits of a safe integer, line end.
const MAX_NUMBER_LINE_BYTES = 20;
const MAX_SHORT_TEXT = 64;
const MAX_ASCII = 0x7f;
// The largest growth from UTF-16 to UTF-8.
const UTF8_BYTES_PER_UNIT = 3;

const utf8 = new TextEncoder();
const OK_LINE = utf8.encode("+OK\r\n");
const NIL_2 = utf8.encode("$-1\r\n");
const NIL_3 = utf8.encode("_\r\n");
const EMPTY = new Uint8Array(0);

/** A large bulk string. */
interface Reference {
  bytes: Uint8Array;
  /** Length of the buffer before it. */
  at: number;
}

/**
 * Collects what is written to one connection. There are two buffers: while the bytes of {@linkcode Output.take} are
 * written, replies go into the other. Large bulk strings stay where they are, and must not change until then.
 */
export class Output {
  #bytes = EMPTY;
  #spare = EMPTY;
  #length = 0;
  #taken = 0; // of the buffer
  #references: Reference[] = [];
  #referencedBytes = 0;

  get length(): number {
    return this.#length - this.#taken + this.#referencedBytes;
  }

  /**
   * Appends a reply, or nothing if it throws.
   *
   * @throws {RangeError} if a number is not a safe integer
   */
  write(reply: Reply, protocol: Protocol): void {
    if (reply === OK) return this.#raw(OK_LINE);
    const before = this.#length;
    const references = this.#references.length;
    try {
      this.#reply(reply, protocol);
    } catch (error) {
      this.#length = before;
      for (const { bytes } of this.#references.splice(references)) this.#referencedBytes -= bytes.length;
      throw error;
    }
  }

  /** Appends a command. Strings become UTF-8. */
  command(args: readonly (Uint8Array | string | EncodedArguments)[]): void {
    this.#header(ASTERISK, countArguments(args));
    for (const arg of args) {
      if (typeof arg === "string") this.#text(arg);
      else if (arg instanceof EncodedArguments) this.#encoded(arg.bytes);
      else this.#bulk(arg);
    }
  }

  /**
   * Removes and returns bytes appended so far: all, or those up to a large bulk string, or that. They are valid until
   * the next call, so call it only when they are written.
   */
  take(): Uint8Array {
    if (this.#references.length > 0) {
      const [{ bytes, at }] = this.#references;
      if (at > this.#taken) {
        const from = this.#taken;
        this.#taken = at;
        return this.#bytes.subarray(from, at);
      }
      this.#references.shift();
      this.#referencedBytes -= bytes.length;
      return bytes;
    }
    const filled = this.#bytes;
    const taken = filled.subarray(this.#taken, this.#length);
    // Frees the memory of a burst: a large buffer at once, another when little of it was used.
    const tooLarge = filled.length > MAX_REUSED_OUTPUT_BYTES;
    const wasteful = filled.length > MIN_OUTPUT_BYTES && taken.length < filled.length / 8;
    this.#bytes = this.#spare;
    this.#spare = tooLarge || wasteful ? EMPTY : filled;
    this.#length = 0;
    this.#taken = 0;
    return taken;
  }

  #reply(reply: Reply, protocol: Protocol): void {
    if (reply === null) return this.#raw(protocol === 3 ? NIL_3 : NIL_2);
    if (typeof reply === "number") return this.#integer(reply);
    if (typeof reply === "string") return this.#text(reply);
    if (reply instanceof Uint8Array) return this.#bulk(reply);
    if (Array.isArray(reply)) {
      this.#header(ASTERISK, reply.length);
      for (const item of reply) this.#reply(item, protocol);
    } else if (reply instanceof Map) {
      if (protocol === 3) this.#header(PERCENT, reply.size);
      else this.#header(ASTERISK, reply.size * 2);
      for (const [key, value] of reply) {
        this.#text(key);
        this.#reply(value, protocol);
      }
    } else if (reply instanceof ErrorReply) {
      this.#line(MINUS, reply.text);
    } else if (reply instanceof Status) {
      this.#line(PLUS, reply.text);
    } else {
      throw new TypeError(`Encode reply failed: ${typeof reply} is not a reply`);
    }
  }

  #encoded(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const target = this.#bytes;
    let at = this.#length;
    // For a few bytes a loop is faster than set.
    for (let i = 0; i < bytes.length; i++) target[at++] = bytes[i];
    this.#length = at;
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`Encode reply failed: ${value} is not an integer`);
    this.#header(COLON, value);
  }

  #bulk(bytes: Uint8Array): void {
    this.#header(DOLLAR, bytes.length);
    if (bytes.length >= MIN_REFERENCED_BYTES) {
      this.#references.push({ bytes, at: this.#length });
      this.#referencedBytes += bytes.length;
      this.#reserve(2);
    } else {
      this.#reserve(bytes.length + 2);
      this.#bytes.set(bytes, this.#length);
      this.#length += bytes.length;
    }
    this.#lineEnd();
  }

  #text(text: string): void {
    const maxBytes = text.length * UTF8_BYTES_PER_UNIT;
    this.#reserve(MAX_NUMBER_LINE_BYTES + maxBytes + 2);
    // The header holds the encoded length, so ASCII text is written where it belongs, and other text moved.
    const header = this.#length;
    const guess = header + 3 + digitCount(text.length);
    const written = this.#ascii(text, guess) ?? utf8.encodeInto(text, this.#bytes.subarray(guess)).written;
    const exact = header + 3 + digitCount(written);
    if (exact !== guess) this.#bytes.copyWithin(exact, guess, guess + written);
    this.#header(DOLLAR, written);
    this.#length = exact + written;
    this.#lineEnd();
  }

  /** A short ASCII text, in a seventh of the encoder's time: returns its length, or undefined if it is another. */
  #ascii(text: string, at: number): number | undefined {
    if (text.length > MAX_SHORT_TEXT) return undefined;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > MAX_ASCII) return undefined;
      this.#bytes[at + i] = code;
    }
    return text.length;
  }

  #line(first: number, text: string): void {
    const line = oneLine(text);
    this.#reserve(line.length * UTF8_BYTES_PER_UNIT + 3);
    this.#bytes[this.#length++] = first;
    this.#length += utf8.encodeInto(line, this.#bytes.subarray(this.#length)).written;
    this.#lineEnd();
  }

  #header(first: number, value: number): void {
    this.#reserve(MAX_NUMBER_LINE_BYTES);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = first;
    let rest = value;
    if (rest < 0) {
      bytes[at++] = MINUS;
      rest = -rest;
    }
    const end = at + digitCount(rest);
    for (let i = end - 1; i >= at; i--) {
      const next = Math.floor(rest / 10);
      // The difference first: adding to a large number would round.
      bytes[i] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.#length = end;
    this.#lineEnd();
  }

  /** The room was reserved with the rest of the line. */
  #lineEnd(): void {
    this.#bytes[this.#length++] = CR;
    this.#bytes[this.#length++] = LF;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2, MIN_OUTPUT_BYTES));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function digitCount(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}
