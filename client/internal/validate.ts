/**
 * Checks what a program passes in, and converts it to arguments of commands.
 *
 * @module
 */
import { Buffer } from "../deps.ts";

export type Arg = string | Buffer;

/** Limit of the server. */
const MAX_QUEUE_BYTES = 512;
/** Stands for bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/** @throws {RangeError} if the value is not a finite number of `min` or more */
export function checkNumber(name: string, value: number, min: number): number {
  if (value >= min && Number.isFinite(value)) return value;
  throw new RangeError(`Cannot use ${value} as ${name}: it must be a number of ${min} or more`);
}

/** @throws {RangeError} if the name is empty or too long */
export function checkQueue(name: string): string {
  const length = Buffer.byteLength(name);
  if (length >= 1 && length <= MAX_QUEUE_BYTES) return name;
  throw new RangeError(`Cannot use ${JSON.stringify(name)} as a queue name: it must be 1 to ${MAX_QUEUE_BYTES} bytes`);
}

/** The unit of commands. */
export function toSeconds(ms: number): string {
  return `${Math.round(ms) / 1000}`;
}

/**
 * Does not copy.
 *
 * @throws {TypeError} if the contents are not bytes
 */
export function contentsArg(contents: Uint8Array): Buffer {
  if (!(contents instanceof Uint8Array)) {
    throw new TypeError("Contents must be a Uint8Array: set a codec for other values");
  }
  return Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength);
}

/** Received bytes to send back: as text if that encodes to the same bytes, because the driver sends text faster. */
export function receivedArg(received: Buffer, text: string): Arg {
  return text.includes(REPLACEMENT) ? received : text;
}
