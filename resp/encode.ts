/**
 * Replies → bytes for a client.
 *
 * @module
 */

import { oneLine } from "./printable.ts";
import { ErrorReply, OK, type Reply, Status } from "./reply.ts";

/** The version of RESP that a connection speaks. */
export type Protocol = 2 | 3;

/** Size in bytes of the smallest buffer: what an idle connection costs. */
export const MIN_OUTPUT_BYTES = 512;

/** Size in bytes of the largest buffer that is used again. */
export const MAX_KEPT_OUTPUT_BYTES = 65_536;

const ZERO = 0x30;
const COLON = 0x3a;
const DOLLAR = 0x24;
const ASTERISK = 0x2a;
const PERCENT = 0x25;
const PLUS = 0x2b;
const MINUS = 0x2d;
const CR = 0x0d;
const LF = 0x0a;

// The longest header: its first byte, the sign and 16 digits of a safe integer, and the line end.
const MAX_NUMBER_LINE_BYTES = 20;
// UTF-16 → UTF-8 grows by this factor at most.
const UTF8_BYTES_PER_UNIT = 3;

const utf8 = new TextEncoder();
const OK_LINE = utf8.encode("+OK\r\n");
const NIL_2 = utf8.encode("$-1\r\n");
const NIL_3 = utf8.encode("_\r\n");
const NOTHING = new Uint8Array(0);

/**
 * Collects the encoded replies of one connection until they are written to its socket.
 *
 * Two buffers take turns: while the bytes of {@linkcode Output.take} are under way, replies go into the other one.
 */
export class Output {
  #bytes = NOTHING;
  #spare = NOTHING;
  #length = 0;

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends a reply, all of it or, if it throws, nothing.
   *
   * @param reply what a command returned
   * @param protocol the version of RESP that the client asked for
   * @throws {RangeError} a number that is not a safe integer
   */
  write(reply: Reply, protocol: Protocol): void {
    if (reply === OK) return this.#raw(OK_LINE);
    const before = this.#length;
    try {
      this.#reply(reply, protocol);
    } catch (error) {
      this.#length = before;
      throw error;
    }
  }

  /**
   * Takes the bytes that were written so far. They stay intact until the next call, which may be made only when they
   * are no longer in use.
   */
  take(): Uint8Array {
    const filled = this.#bytes;
    const taken = filled.subarray(0, this.#length);
    // After a burst the memory is given back: at once if it was a large one, else when little was written.
    const tooLarge = filled.length > MAX_KEPT_OUTPUT_BYTES;
    const wasteful = filled.length > MIN_OUTPUT_BYTES && taken.length < filled.length / 8;
    this.#bytes = this.#spare;
    this.#spare = tooLarge || wasteful ? NOTHING : filled;
    this.#length = 0;
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

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const target = this.#bytes;
    let at = this.#length;
    // A few bytes are copied faster by hand than by a call.
    for (let i = 0; i < bytes.length; i++) target[at++] = bytes[i];
    this.#length = at;
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`Encode reply failed: ${value} is not an integer`);
    this.#header(COLON, value);
  }

  #bulk(bytes: Uint8Array): void {
    this.#header(DOLLAR, bytes.length);
    this.#reserve(bytes.length + 2);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#lineEnd();
  }

  #text(text: string): void {
    const most = text.length * UTF8_BYTES_PER_UNIT;
    this.#reserve(MAX_NUMBER_LINE_BYTES + most + 2);
    // The header depends on the encoded length, so the text is put where it belongs if it is ASCII, and moved if not.
    const header = this.#length;
    const guess = header + 3 + digitCount(text.length);
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(guess, guess + most));
    const exact = header + 3 + digitCount(written);
    if (exact !== guess) this.#bytes.copyWithin(exact, guess, guess + written);
    this.#header(DOLLAR, written);
    this.#length = exact + written;
    this.#lineEnd();
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
    for (let place = end - 1; place >= at; place--) {
      const next = Math.floor(rest / 10);
      // The difference first: a sum with a large number would be rounded.
      bytes[place] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.#length = end;
    this.#lineEnd();
  }

  /** Ends a line; room for it was reserved with the rest of the line. */
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
