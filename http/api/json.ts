/**
 * JSON responses, and readers for values of requests.
 *
 * Queue names, ids and contents are bytes. In JSON they are text with one character per byte (U+0000 to U+00FF), so that
 * any bytes survive; in queries they are percent-encoded, as UTF-8 is.
 *
 * @module
 */
import type { User } from "../../core/auth/user.ts";
import { keyOf } from "../../store/bytes.ts";
import { MAX_ID_BYTES, MAX_QUEUE_BYTES } from "../../store/limits.ts";

/** The message is shown to the operator. */
export class BadRequest extends Error {
  /** @param status of HTTP */
  constructor(message: string, readonly status = 400) {
    super(message);
  }
}

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value, bytesAsText), {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
  });
}

/** A replacer that reads the original property: the Buffers of some stores have a toJSON of their own. */
function bytesAsText(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const original = this[name];
  return original instanceof Uint8Array ? keyOf(original) : value;
}

/** The parameters of a query, with one character per byte. A plus is no space. */
export function paramsOf({ search }: URL): Map<string, string> {
  const decode = (text: string) =>
    text.replaceAll(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return new Map(
    search.slice(1).split("&").map((param) => {
      const [name, ...value] = param.split("=");
      return [name, decode(value.join("="))];
    }),
  );
}

/** @param what the value, for the error @throws {BadRequest} if it is not such text, or out of bounds */
export function bytesOf(text: unknown, what: string, min: number, max: number): Uint8Array {
  if (typeof text !== "string" || text.length < min || text.length > max) {
    throw new BadRequest(`${what} must be ${min} to ${max} bytes long`);
  }
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff) throw new BadRequest(`${what} must have one character per byte, U+0000 to U+00FF`);
    return code;
  });
}

/** @throws {BadRequest} if the name is invalid or the user has no access to the queue */
export function queueOf(text: unknown, user: User, what = "The queue name"): Uint8Array {
  const queue = bytesOf(text, what, 1, MAX_QUEUE_BYTES);
  if (user.mayAccess(queue)) return queue;
  throw new BadRequest(`User ${user.name} has no access to this queue`, 403);
}

export function idOf(text: unknown): Uint8Array {
  return bytesOf(text, "The event id", 1, MAX_ID_BYTES);
}

/** @throws {BadRequest} if it is not a whole number, or out of bounds */
export function numberOf(value: unknown, what: string, min: number, max: number): number {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new BadRequest(`${what} must be a whole number from ${min} to ${max}`);
}

/** @throws {BadRequest} if it is not a number, or neither 0 nor within bounds */
export function rateOf(value: unknown, what: string, min: number, max: number): number {
  if (typeof value === "number" && (value === 0 || value >= min && value <= max)) return value;
  throw new BadRequest(`${what} must be 0, or a number from ${min} to ${max}`);
}

/** Reads one of several words, by default the first. */
export function wordOf<T extends string>(value: unknown, what: string, words: readonly T[]): T {
  const word = value === undefined || value === null ? words[0] : words.find((word) => word === value);
  if (word !== undefined) return word;
  throw new BadRequest(`${what} must be one of ${words.join(", ")}`);
}
