/**
 * One command that a load sends over and over, and how its reply is told from the next.
 *
 * @module
 */

/** Where a step's event id comes from: none, the next of the load's sequence, or the oldest that this connection popped. */
export type IdSource = "none" | "sequence" | "popped";

/** A command with or without an id in it; can be sent to a worker. */
export interface Step {
  /** The bytes before the id, or all of them. */
  head: Uint8Array;
  /** Where the id comes from. */
  id: IdSource;
  /** The bytes after the id. */
  tail: Uint8Array;
  /** Lines of a good reply; no contents hold a line feed. */
  lines: number;
  /** What a good reply begins with. */
  expect: Uint8Array;
  /**
   * Where the id of a popped event stands in the reply: which line, and after how many bytes of it; and after how many
   * lines the next one does, if there are several.
   */
  popped?: { line: number; from: number; every?: number };
  /** For how many events of a burst it is sent once, if not for each. */
  events?: number;
}

/** Digits of an id, so that every command of a step is equally long. */
export const ID_DIGITS = 12;
/** Stands for the id in {@linkcode respStep}. */
export const ID = "0".repeat(ID_DIGITS);

const utf8 = new TextEncoder();

/** A step from the text of its command. */
export function textStep(head: string, id: IdSource, tail: string, lines: number, expect: string): Step {
  return { head: utf8.encode(head), id, tail: utf8.encode(tail), lines, expect: utf8.encode(expect) };
}

/** A step in RESP; the argument {@linkcode ID} is where the id goes. */
export function respStep(args: string[], id: IdSource, lines: number, expect: string): Step {
  const text = `*${args.length}\r\n` + args.map((arg) => `$${utf8.encode(arg).length}\r\n${arg}\r\n`).join("");
  const at = id === "none" ? text.length : text.lastIndexOf(`\n${ID}\r`) + 1;
  return textStep(text.slice(0, at), id, text.slice(at + ID_DIGITS), lines, expect);
}

/** Contents of so many bytes. */
export function contentsOf(bytes: number): string {
  return "x".repeat(bytes);
}
