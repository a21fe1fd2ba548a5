/**
 * Responses, and byte strings in JSON.
 *
 * Queue names, ids, contents and the like are bytes. In JSON they are a string if they are valid UTF-8, else an object
 * with their base64, as in `{"base64":"/w=="}`.
 *
 * @module
 */
import { allOf } from "../core/arguments.ts";
import { CommandError } from "../core/command_spec.ts";
import { oneLine, printable } from "../resp/printable.ts";
import { QueueFull, StoreUnavailable } from "../store/store.ts";

/** A refused request. The message is one line for the client. */
export class HttpError extends Error {
  override name = "HttpError";

  constructor(readonly status: number, message: string, readonly headers?: Record<string, string>) {
    super(message);
  }
}

/** JSON takes more bytes than what it says, but for odd contents at most this many times as many. */
export const JSON_FACTOR = 2;

export const JSON_TYPE = { "content-type": "application/json" };

/** Adds a line feed. */
export function plain(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text + "\n", { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}

/** @param value may hold byte strings */
export function json(value: unknown, status = 200): Response {
  return jsonText(JSON.stringify(value, replaceBytes), status);
}

/** Adds a line feed, for those who read it in a terminal. */
export function jsonText(text: string, status = 200): Response {
  return new Response(text + "\n", { status, headers: JSON_TYPE });
}

/** The response for an error; undefined for one that is no refusal. */
export function errorResponse(error: unknown): Response | undefined {
  if (error instanceof HttpError) return failure(error.status, error.message, error.headers);
  if (error instanceof StoreUnavailable) return failure(503, error.message, { "retry-after": "1" });
  if (error instanceof QueueFull) return failure(429, "queue full");
  if (!(error instanceof CommandError)) return undefined;
  const [, code, text] = /^([A-Z]+) (.*)$/s.exec(error.message) ?? [];
  return failure(code === "NOPERM" ? 403 : 400, text ?? error.message);
}

/** @param message is made one line */
export function failure(status: number, message: string, headers: Record<string, string> = {}): Response {
  const text = JSON.stringify({ error: oneLine(message) }) + "\n";
  return new Response(text, { status, headers: { ...JSON_TYPE, ...headers } });
}

/** For JSON.stringify. Reads the original property: the Buffers of some stores have a toJSON of their own. */
function replaceBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const original = this[name];
  return original instanceof Uint8Array ? byteString(original) : value;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** A byte string as it is in JSON. */
export function byteString(bytes: Uint8Array): string | { base64: string } {
  const text = bytes.length <= SHORT_BYTES ? asciiOf(bytes) : undefined;
  if (text !== undefined) return text;
  try {
    return decoder.decode(bytes);
  } catch {
    return { base64: bytes.toBase64() };
  }
}

/** Up to here a decoder takes longer than a look at each byte. */
const SHORT_BYTES = 64;

/** Undefined if there are other characters. */
function asciiOf(bytes: Uint8Array): string | undefined {
  let text = "";
  for (const byte of bytes) {
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Reads a byte string. @param what the value, for the error @throws {HttpError} */
export function bytesOf(value: unknown, what: string): Uint8Array {
  if (typeof value === "string" && value.isWellFormed()) return encoder.encode(value);
  if (typeof value === "object" && value !== null && Object.keys(value).join() === "base64") {
    const { base64 } = value as { base64: unknown };
    try {
      if (typeof base64 === "string") return Uint8Array.fromBase64(base64);
    } catch {
      // Not base64.
    }
    throw new HttpError(400, `${what} has no valid base64`);
  }
  throw new HttpError(400, `${what} must be a string, or an object with the member base64`);
}

/**
 * Reads a body that is an object.
 * @param members the names that it may have
 * @throws {HttpError}
 */
export function readJson<Name extends string>(
  body: Uint8Array,
  members: readonly Name[],
): Partial<Record<Name, unknown>> {
  const value = parsed(body);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HttpError(400, "the request body must be a JSON object");
  }
  for (const name of Object.keys(value)) {
    if (members.some((member) => member === name)) continue;
    const shown = printable(encoder.encode(name));
    throw new HttpError(400, `unknown member '${shown}' in the request body: it may have ${allOf(members)}`);
  }
  return value;
}

/** Undefined if it is not JSON. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
}

/** The beginning of bytes. Of UTF-8 no character is cut. */
export function beginningOf(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  // At most three bytes follow the first one of a character.
  while (end > maxBytes - 4 && (bytes[end] & 0xc0) === 0x80) end--;
  return bytes.subarray(0, (bytes[end] & 0xc0) === 0x80 ? maxBytes : end);
}

/** Milliseconds as seconds in JSON. */
export function secondsOf(ms: number): number {
  return ms / 1000;
}

/** A time in milliseconds since 1970 as RFC 3339. */
export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Bytes are sent in parts of this size if they are longer. */
const PART_BYTES = 64 * 1024;

/**
 * A stream of bytes, in copies of their parts that are made as they are sent. Of no other body does Deno tell whether
 * the client took it.
 * @param onEnd called once, with whether all was taken
 */
export function streamOf(bytes: Uint8Array, onEnd: (isSent: boolean) => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) return controller.enqueue(bytes.slice(at, at += PART_BYTES));
      controller.close();
      onEnd(true);
    },
    cancel: () => onEnd(false),
  }, { highWaterMark: 0 });
}

/** Whether the buffers of a connection may not hold a body. */
export function isLong(body: Uint8Array | string): boolean {
  return body.length > PART_BYTES;
}
