/**
 * Feeds a decoder as a socket would.
 *
 * @module
 */

import { type Decoder, OVERSIZED } from "../../resp/decode.ts";
import { ProtocolError } from "../../resp/protocol_error.ts";

// Bytes that were not received yet must not be taken for the end of a line.
const STALE_LINE_END = Uint8Array.of(0x0d, 0x0a);

const utf8 = new TextEncoder();

/** One command as it came out of a decoder, or the error that ended the conversation. */
export type Outcome = { args: Uint8Array[]; oversized: number } | ProtocolError;

/** Bytes of text in which every character is one byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Bytes of text as UTF-8. */
export function bytes(text: string): Uint8Array {
  return utf8.encode(text);
}

/**
 * Receives pieces one after the other and returns all that came of it.
 *
 * The place that the decoder offers is scribbled over first, so a view that was handed out of it would change.
 */
export function receive(decoder: Decoder, ...pieces: Uint8Array[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const space = decoder.space();
      space.fill(0xee);
      space.set(STALE_LINE_END.subarray(0, space.length));
      const part = piece.subarray(at, at + space.length);
      space.set(part);
      decoder.filled(part.length);
      at += part.length;
      if (!drain(decoder, outcomes)) return outcomes;
    }
  }
  return outcomes;
}

function drain(decoder: Decoder, outcomes: Outcome[]): boolean {
  try {
    for (let args = decoder.next(); args !== null; args = decoder.next()) {
      outcomes.push({ args, oversized: decoder.oversized });
    }
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    outcomes.push(error);
    return false;
  }
}

/** Outcomes in a form that is easy to compare: words, `<oversized n>`, or the text of the error. */
export function described(outcomes: Outcome[]): (string[] | string)[] {
  return outcomes.map((outcome) =>
    outcome instanceof ProtocolError
      ? outcome.message
      : outcome.args.map((argument) => word(argument, outcome.oversized))
  );
}

function word(argument: Uint8Array, oversized: number): string {
  if (argument === OVERSIZED) return `<oversized ${oversized}>`;
  return Array.from(argument, (byte) => String.fromCharCode(byte)).join("");
}
