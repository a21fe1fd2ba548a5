/**
 * Where the command line client reads and writes.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Something to write to. */
interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of it. */
export async function write(to: Sink, what: Uint8Array | string): Promise<void> {
  let rest = typeof what === "string" ? encoder.encode(what) : what;
  while (rest.length > 0) rest = rest.subarray(await to.write(rest));
}

/** The lines of standard input as bytes, without their line feeds; the last one need not have one. */
export async function* lines(from: AsyncIterable<Uint8Array> = Deno.stdin.readable): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = []; // the beginning of a line, in pieces
  for await (const chunk of from) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield joined(begun, chunk.subarray(start, end));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.slice(start));
  }
  if (begun.length > 0) yield joined(begun, new Uint8Array(0));
}

function joined(pieces: Uint8Array[], last: Uint8Array): Uint8Array {
  const line = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, last.length));
  let end = 0;
  for (const piece of [...pieces, last]) {
    line.set(piece, end);
    end += piece.length;
  }
  return line;
}

/** The words of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
