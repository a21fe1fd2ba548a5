/**
 * What the page's requests and answers are made of. Names, ids and contents are bytes: in JSON and in queries they are
 * text with one character for each byte, so that none is lost.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_ID_BYTES, MAX_QUEUE_BYTES } from "../../store/limits.ts";

/** Why a request cannot be answered, in a sentence for the person who made it. */
export class BadRequest extends Error {
  /** @param status of HTTP */
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}

/** An answer. */
export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value, shown), {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
  });
}

/** Looks at what there was: the byte strings of some stores have their own idea of JSON. */
function shown(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const given = this[name];
  return given instanceof Uint8Array ? keyOf(given) : value;
}

/** The bytes that a text of one character for each byte stands for. @throws {BadRequest} if it is none, or out of bounds */
export function bytesOf(text: unknown, what: string, least: number, most: number): Uint8Array {
  if (typeof text !== "string" || text.length < least || text.length > most) {
    throw new BadRequest(`${what} must be ${least} to ${most} bytes long`);
  }
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff) throw new BadRequest(`${what} must have one character for each byte`);
    return code;
  });
}

/** A queue that the user may touch. @throws {BadRequest} if it is none */
export function queueOf(text: unknown, user: User, what = "The name of the queue"): Uint8Array {
  const queue = bytesOf(text, what, 1, MAX_QUEUE_BYTES);
  if (user.mayAccess(queue)) return queue;
  throw new BadRequest(`User ${user.name} may not touch this queue`, 403);
}

/** An id. @throws {BadRequest} if it is none */
export function idOf(text: unknown): Uint8Array {
  return bytesOf(text, "The id", 1, MAX_ID_BYTES);
}

/** A whole number. @throws {BadRequest} if it is none, or out of bounds */
export function numberOf(value: unknown, what: string, least: number, most: number): number {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new BadRequest(`${what} must be a whole number from ${least} to ${most}`);
}

/** One of some words; the first if none is given. @throws {BadRequest} if it is another */
export function wordOf<T extends string>(value: unknown, what: string, words: readonly T[]): T {
  const word = value === undefined || value === null ? words[0] : words.find((word) => word === value);
  if (word !== undefined) return word;
  throw new BadRequest(`${what} must be ${words.join(", ")}`);
}
