/**
 * Shows bytes and text on one line, for errors and logs.
 *
 * @module
 */

export const MAX_SHOWN_BYTES = 128;

const BACKSLASH = 0x5c;
const FIRST_NON_ASCII = 0x80;

// What ends a line or controls a terminal: control characters and two Unicode separators.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, "gu");

const utf8 = new TextEncoder();

/**
 * Text on one line that can be read back: printable ASCII and valid UTF-8 unchanged, a backslash doubled, all else as
 * `\r`, `\n`, `\t` or `\xHH`. Beyond `maxBytes` bytes `…` follows.
 */
export function printable(bytes: Uint8Array, maxBytes: number = MAX_SHOWN_BYTES): string {
  const end = Math.min(bytes.length, maxBytes);
  let text = "";
  let at = 0;
  while (at < end) {
    const width = sequenceWidth(bytes, at);
    // A character that the limit would cut is left out.
    if (at + width > end) break;
    text += width === 0 ? hex(bytes[at]) : character(codePoint(bytes, at, width));
    at += Math.max(width, 1);
  }
  return at < bytes.length ? `${text}…` : text;
}

/** Escapes control characters. Backslashes stay, so that a result of {@linkcode printable} is not escaped twice. */
export function oneLine(text: string): string {
  return UNPRINTABLE.test(text) ? text.replace(ALL_UNPRINTABLE, escape) : text;
}

function character(point: number): string {
  const text = String.fromCodePoint(point);
  return point === BACKSLASH ? "\\\\" : UNPRINTABLE.test(text) ? escape(text) : text;
}

function escape(text: string): string {
  if (text === "\r") return "\\r";
  if (text === "\n") return "\\n";
  if (text === "\t") return "\\t";
  return Array.from(utf8.encode(text), hex).join("");
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`;
}

/** Bytes of the UTF-8 character at an index; 0 if it is invalid. */
function sequenceWidth(bytes: Uint8Array, at: number): number {
  const lead = bytes[at];
  if (lead < FIRST_NON_ASCII) return 1;
  const width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  // Beyond the end bytes are undefined: no continuation byte either.
  for (let i = at + 1; i < at + width; i++) {
    if ((bytes[i] & 0xc0) !== 0x80) return 0;
  }
  const point = codePoint(bytes, at, width);
  const overlong = (width === 3 && point < 0x800) || (width === 4 && point < 0x10000);
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return overlong || surrogate || point > 0x10ffff ? 0 : width;
}

function codePoint(bytes: Uint8Array, at: number, width: number): number {
  if (width === 1) return bytes[at];
  let point = bytes[at] & (0xff >> (width + 1));
  for (let i = at + 1; i < at + width; i++) point = (point << 6) | (bytes[i] & 0x3f);
  return point;
}
