/**
 * Feeds bytes to a decoder as a socket does.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { type Decoder, OVERSIZED } from "../../resp/decode.ts";
import { ProtocolError } from "../../resp/reply.ts";

// Bytes beyond the received ones must not be taken for the end of a line.
const STALE_LINE_END = Uint8Array.of(0x0d, 0x0a);

const utf8 = new TextEncoder();

/** A decoded command, or the error that ended the connection. */
export type Decoded = { args: Uint8Array[]; oversized: number } | ProtocolError;

/** The bytes of a text, one for each character. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** The bytes of a text in UTF-8. */
export function bytes(text: string): Uint8Array {
  return utf8.encode(text);
}

/**
 * Feeds pieces to a decoder and returns the results.
 *
 * The space that the decoder offers is overwritten first, which would change an argument that is a view of it.
 */
export function receive(decoder: Decoder, ...pieces: Uint8Array[]): Decoded[] {
  const results: Decoded[] = [];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const space = decoder.space();
      space.fill(0xee);
      space.set(STALE_LINE_END.subarray(0, space.length));
      const part = piece.subarray(at, at + space.length);
      space.set(part);
      decoder.filled(part.length);
      at += part.length;
      if (!drain(decoder, results)) return results;
    }
  }
  return results;
}

function drain(decoder: Decoder, results: Decoded[]): boolean {
  try {
    for (let args = decoder.next(); args !== null; args = decoder.next()) {
      results.push({ args, oversized: decoder.oversized });
    }
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    results.push(error);
    return false;
  }
}

/** Results as text to compare: words, `<oversized n>`, or the message of the error. */
export function textOf(results: Decoded[]): (string[] | string)[] {
  return results.map((result) =>
    result instanceof ProtocolError ? result.message : result.args.map((argument) => word(argument, result.oversized))
  );
}

function word(argument: Uint8Array, oversized: number): string {
  if (argument === OVERSIZED) return `<oversized ${oversized}>`;
  return Array.from(argument, (byte) => String.fromCharCode(byte)).join("");
}
