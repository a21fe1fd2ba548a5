/**
 * Inline commands, as typed into telnet or nc.
 *
 * @module
 */

import { ProtocolError } from "./reply.ts";

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const LOWER_X = 0x78;

const ESCAPES = new Map([["n", "\n"], ["r", "\r"], ["t", "\t"], ["b", "\b"], ["a", "\x07"]].map(
  ([letter, meaning]) => [letter.charCodeAt(0), meaning.charCodeAt(0)],
));

/**
 * Splits a line, without its end, into words by the rules of Redis (`sdssplitargs`): `"…"` has the escapes `\n \r \t \b
 * \a \xHH` and a backslash before any other byte, `'…'` has `\'`; quotes may open inside a word, and white space or the
 * end must follow the closing quote. Unlike in Redis, NUL is an ordinary byte.
 *
 * @throws {ProtocolError} if quotes are unbalanced
 */
export function splitInline(line: Uint8Array): Uint8Array[] {
  return new Splitter(line).split();
}

class Splitter {
  readonly #line: Uint8Array;
  // No word is longer than its escaped form, so all fit into as many bytes.
  readonly #words: Uint8Array;
  #at = 0;
  #length = 0;

  constructor(line: Uint8Array) {
    this.#line = line;
    this.#words = new Uint8Array(line.length);
  }

  split(): Uint8Array[] {
    const words: Uint8Array[] = [];
    for (;;) {
      while (this.#at < this.#line.length && isSpace(this.#line[this.#at])) this.#at++;
      if (this.#at === this.#line.length) return words;
      const start = this.#length;
      this.#word();
      words.push(this.#words.subarray(start, this.#length));
    }
  }

  #word(): void {
    while (this.#at < this.#line.length) {
      const byte = this.#line[this.#at++];
      if (byte === DOUBLE_QUOTE) return this.#doubleQuoted();
      if (byte === SINGLE_QUOTE) return this.#singleQuoted();
      // Of the six bytes that may separate words, only these end a word in Redis.
      if (byte === SPACE || byte === TAB || byte === LF || byte === CR) return;
      this.#put(byte);
    }
  }

  #doubleQuoted(): void {
    while (this.#at < this.#line.length) {
      const byte = this.#line[this.#at++];
      if (byte === DOUBLE_QUOTE) return this.#endQuote();
      if (byte === BACKSLASH && this.#at < this.#line.length) this.#escape();
      else this.#put(byte);
    }
    throw unbalanced();
  }

  #singleQuoted(): void {
    while (this.#at < this.#line.length) {
      const byte = this.#line[this.#at++];
      if (byte === SINGLE_QUOTE) return this.#endQuote();
      if (byte === BACKSLASH && this.#line[this.#at] === SINGLE_QUOTE) this.#put(this.#line[this.#at++]);
      else this.#put(byte);
    }
    throw unbalanced();
  }

  #escape(): void {
    const byte = this.#line[this.#at++];
    const high = hexDigit(this.#line[this.#at]);
    const low = hexDigit(this.#line[this.#at + 1]);
    if (byte === LOWER_X && high >= 0 && low >= 0) {
      this.#at += 2;
      this.#put(high * 16 + low);
    } else {
      this.#put(ESCAPES.get(byte) ?? byte);
    }
  }

  #endQuote(): void {
    if (this.#at < this.#line.length && !isSpace(this.#line[this.#at])) throw unbalanced();
  }

  #put(byte: number): void {
    this.#words[this.#length++] = byte;
  }
}

function unbalanced(): ProtocolError {
  return new ProtocolError("unbalanced quotes in request");
}

/** Like `isspace` of C: also the five bytes from tab to carriage return. */
function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CR);
}

/** -1 for anything else and for the end of the line. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
