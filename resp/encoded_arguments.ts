/**
 * Arguments of commands that are encoded once.
 *
 * @module
 */

const utf8 = new TextEncoder();

/** Adjacent arguments that many commands have, as bulk strings. */
export class EncodedArguments {
  readonly bytes: Uint8Array;
  readonly count: number;

  /** @param args strings become UTF-8 */
  constructor(args: (Uint8Array | string)[]) {
    const encoded = args.map((arg) => typeof arg === "string" ? utf8.encode(arg) : arg);
    const headers = encoded.map(({ length }) => utf8.encode(`$${length}\r\n`));
    this.bytes = new Uint8Array(encoded.reduce((sum, { length }, i) => sum + headers[i].length + length + 2, 0));
    let at = 0;
    for (const [i, arg] of encoded.entries()) {
      this.bytes.set(headers[i], at);
      this.bytes.set(arg, at += headers[i].length);
      this.bytes.set([0x0d, 0x0a], at += arg.length);
      at += 2;
    }
    this.count = args.length;
  }
}

export function countArguments(args: readonly unknown[]): number {
  let count = 0;
  for (const arg of args) count += arg instanceof EncodedArguments ? arg.count : 1;
  return count;
}
