/**
 * Input and output of the CLI.
 *
 * @module
 */
import { Buffer } from "../deps.ts";

const LINE_FEED = 0x0a;

const encoder = new TextEncoder();

export async function write(
  to: { write(bytes: Uint8Array): Promise<number> },
  data: Uint8Array | string,
): Promise<void> {
  let rest = typeof data === "string" ? encoder.encode(data) : data;
  while (rest.length > 0) rest = rest.subarray(await to.write(rest));
}

/** Without line feeds. The last line need not end with one. */
export async function* lines(input: AsyncIterable<Uint8Array> = Deno.stdin.readable): AsyncGenerator<Uint8Array> {
  let begin: Uint8Array[] = []; // of a line whose end has not arrived
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...begin, chunk.subarray(start, end)]);
      begin = [];
      start = end + 1;
    }
    if (start < chunk.length) begin.push(chunk.slice(start));
  }
  if (begin.length > 0) yield Buffer.concat(begin);
}

/** Escapes all but printable ASCII, and the characters of `special`. */
export function escapeBytes(bytes: Uint8Array, special = ""): string {
  const short: Record<number, string> = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 13: "\\r" };
  return Array.from(bytes, (byte) => {
    if (byte < 0x20 || byte > 0x7e) return short[byte] ?? `\\x${byte.toString(16).padStart(2, "0")}`;
    const character = String.fromCharCode(byte);
    return special.includes(character) ? `\\${character}` : character;
  }).join("");
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
