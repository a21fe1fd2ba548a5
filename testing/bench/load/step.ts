/**
 * A command that a load sends over and over, and the form of its reply.
 *
 * @module
 */

/** None, the next id of the load's sequence, or the oldest that this connection has popped. */
export type IdSource = "none" | "sequence" | "popped";

/** Plain data: it is sent to a worker. */
export interface Step {
  /** Before the id, or all bytes. */
  head: Uint8Array;
  id: IdSource;
  /** After the id. */
  tail: Uint8Array;
  /** Of a good reply; contents have no line feed. */
  lines: number;
  /** The first bytes of a good reply. */
  expect: Uint8Array;
  /** Where the reply has the id of a popped event: its line and offset, and the lines to the next one. */
  popped?: { line: number; from: number; every?: number };
  /** Events of one command; 1 by default. */
  events?: number;
}

/** Digits of an id, so that all commands of a step have one length. */
export const ID_DIGITS = 12;
/** Stands for the id in {@linkcode respStep}. */
export const ID = "0".repeat(ID_DIGITS);

const utf8 = new TextEncoder();

export function textStep(head: string, id: IdSource, tail: string, lines: number, expect: string): Step {
  return { head: utf8.encode(head), id, tail: utf8.encode(tail), lines, expect: utf8.encode(expect) };
}

/** Replaces the argument {@linkcode ID} by the id. */
export function respStep(args: string[], id: IdSource, lines: number, expect: string): Step {
  const text = `*${args.length}\r\n` + args.map((arg) => `$${utf8.encode(arg).length}\r\n${arg}\r\n`).join("");
  const at = id === "none" ? text.length : text.lastIndexOf(`\n${ID}\r`) + 1;
  return textStep(text.slice(0, at), id, text.slice(at + ID_DIGITS), lines, expect);
}

export function contentsOf(bytes: number): string {
  return "x".repeat(bytes);
}
