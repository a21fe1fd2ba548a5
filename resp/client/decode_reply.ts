/**
 * Decodes replies of a server.
 *
 * @module
 */

import { printable } from "../printable.ts";
import { ErrorReply, ProtocolError, type Reply, Status } from "../reply.ts";

const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const ZERO = 0x30;
const LINE_END_BYTES = 2;
/** Room for the next bytes. */
const MIN_SPACE_BYTES = 16 * 1024;
/** A bulk string from this size on is received where it stays. */
const MIN_APART_BYTES = 32 * 1024;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** An array or map with missing items. */
interface Open {
  readonly items: Reply[];
  readonly size: number;
  readonly isMap: boolean;
}

/**
 * Reads RESP2 and RESP3 in pieces of any size. Bulk strings become bytes; sets and pushes arrays; booleans 1 and 0; a
 * big number becomes a string unless it is a safe integer.
 */
export class ReplyReader {
  #bytes = new Uint8Array(MIN_SPACE_BYTES);
  #start = 0;
  #end = 0;
  #scanned = 0;
  // Length of the bulk string whose header was read.
  #bulk: number | null = null;
  // A large bulk string, and how much of it was received.
  #apart: Uint8Array | null = null;
  #received = 0;
  // Around the next item, the outermost first.
  readonly #open: Open[] = [];

  /** Adds a copy of the bytes. */
  feed(bytes: Uint8Array): void {
    while (bytes.length > 0) {
      const space = this.space();
      const part = bytes.subarray(0, space.length);
      space.set(part);
      this.advance(part.length);
      bytes = bytes.subarray(part.length);
    }
  }

  /** Where the next bytes go, which {@linkcode advance} adds. Valid until the next call of another method. */
  space(): Uint8Array {
    if (this.#apart && this.#received < this.#apart.length) return this.#apart.subarray(this.#received);
    this.#reserve(MIN_SPACE_BYTES);
    return this.#bytes.subarray(this.#end);
  }

  advance(length: number): void {
    if (this.#apart && this.#received < this.#apart.length) this.#received += length;
    else this.#end += length;
  }

  /**
   * The next reply, null for nil, undefined if more bytes are needed.
   *
   * @throws {ProtocolError} if the bytes are no reply
   */
  next(): Reply | undefined {
    for (;;) {
      const item = this.#bulk === null ? this.#item() : this.#bulkString(this.#bulk);
      if (item === undefined) return undefined;
      const reply = this.#add(item);
      if (reply !== undefined) return reply;
    }
  }

  /** Reads a line and the bulk string behind it. Returns an `Open` if items follow. */
  #item(): Reply | Open | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const type = String.fromCharCode(line[0]);
    if (type === "$" && line[1] !== MINUS) {
      this.#bulk = length(line);
      return this.#bulkString(this.#bulk);
    }
    const text = utf8.decode(line.subarray(1));
    switch (type) {
      case "+":
        return new Status(text);
      case "-":
        return new ErrorReply(text);
      case ":":
        return integer(text);
      case ",":
        return double(text);
      case "(":
        return bigNumber(text);
      case "#":
        return text === "t" ? 1 : 0;
      case "_":
        return null;
      case "$":
        return nil(text);
      case "*":
      case "~":
      case ">":
        return line[1] === MINUS ? nil(text) : { items: [], size: length(line), isMap: false };
      case "%":
        return { items: [], size: length(line) * 2, isMap: true };
      default:
        throw new ProtocolError(`unknown reply type '${printable(line.subarray(0, 1))}'`);
    }
  }

  #bulkString(length: number): Uint8Array | undefined {
    if (length >= MIN_APART_BYTES) this.#moveApart(length);
    const left = length - this.#received;
    const stop = this.#start + left;
    if (stop + LINE_END_BYTES > this.#end) return undefined;
    if (this.#bytes[stop] !== CR || this.#bytes[stop + 1] !== LF) throw new ProtocolError("expected CRLF after bulk");
    const bytes = this.#apart ?? this.#bytes.slice(this.#start, stop);
    this.#start = stop + LINE_END_BYTES;
    this.#bulk = null;
    this.#apart = null;
    this.#received = 0;
    return bytes;
  }

  #moveApart(length: number): void {
    this.#apart ??= new Uint8Array(length);
    const held = this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + length - this.#received));
    this.#apart.set(held, this.#received);
    this.#received += held.length;
    this.#start += held.length;
  }

  /** Adds an item to the innermost open array or map. Returns the outermost reply if that completes it. */
  #add(item: Reply | Open): Reply | undefined {
    let whole: Reply;
    if (isOpen(item)) {
      this.#open.push(item);
      if (item.size > 0) return undefined;
      whole = close(this.#open.pop()!);
    } else {
      whole = item;
    }
    for (let around = this.#open.at(-1); around !== undefined; around = this.#open.at(-1)) {
      around.items.push(whole);
      if (around.items.length < around.size) return undefined;
      whole = close(this.#open.pop()!);
    }
    return whole;
  }

  #line(): Uint8Array | undefined {
    let at = this.#start + this.#scanned;
    while (at + 1 < this.#end && (this.#bytes[at] !== CR || this.#bytes[at + 1] !== LF)) at++;
    this.#scanned = at - this.#start;
    if (at + 1 >= this.#end) return undefined;
    if (at === this.#start) throw new ProtocolError("empty line");
    const line = this.#bytes.subarray(this.#start, at);
    this.#start = at + LINE_END_BYTES;
    this.#scanned = 0;
    return line;
  }

  #reserve(more: number): void {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#end + more <= this.#bytes.length) return;
    const held = this.#bytes.subarray(this.#start, this.#end);
    const target = new Uint8Array((held.length + more) * 2);
    target.set(held);
    this.#bytes = target;
    this.#start = 0;
    this.#end = held.length;
  }
}

function isOpen(item: Reply | Open): item is Open {
  return item !== null && typeof item === "object" && "isMap" in item;
}

function close({ items, isMap }: Open): Reply {
  if (!isMap) return items;
  const map = new Map<string, Reply>();
  for (let i = 0; i < items.length; i += 2) map.set(keyText(items[i]), items[i + 1]);
  return map;
}

function keyText(key: Reply): string {
  if (key instanceof Uint8Array) return utf8.decode(key);
  return key instanceof Status ? key.text : String(key);
}

function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new ProtocolError("invalid integer");
  return Number(text);
}

function double(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (!/^(nan|[+-]?\d+(\.\d*)?(e[+-]?\d+)?)$/i.test(text)) throw new ProtocolError("invalid double");
  return Number(text);
}

function bigNumber(text: string): number | string {
  const value = integer(text);
  return Number.isSafeInteger(value) ? value : text;
}

function nil(text: string): null {
  if (text !== "-1") throw new ProtocolError("invalid length");
  return null;
}

/** The number behind the type of a line. */
function length(line: Uint8Array): number {
  let value = 0;
  for (let i = 1; i < line.length; i++) {
    const digit = line[i] - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
  }
  if (line.length === 1 || !Number.isSafeInteger(value)) throw new ProtocolError("invalid length");
  return value;
}
