/**
 * Names and contents on their way to and from the driver.
 *
 * @module
 */
import { Buffer } from "../deps.ts";
import type { Arg } from "./connection.ts";

/** The longest name of a queue, in bytes. */
const MAX_QUEUE_BYTES = 512;
/** What stands for bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/** Bytes as the driver takes them, without a copy. */
export function argOf(bytes: Uint8Array): Buffer {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError("Contents must be a Uint8Array: give a codec for other values");
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How bytes that were received are sent back: as text if that gives the same bytes, for the driver sends it faster. */
export function argFor(received: Buffer, shown: string): Arg {
  return shown.includes(REPLACEMENT) ? received : shown;
}

/** @throws {RangeError} if no queue can have this name */
export function checkQueue(name: string): string {
  const length = Buffer.byteLength(name);
  if (length < 1 || length > MAX_QUEUE_BYTES) {
    throw new RangeError(`Cannot use ${JSON.stringify(name)} as a queue's name: it must be 1 to 512 bytes long`);
  }
  return name;
}
