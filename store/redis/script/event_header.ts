/**
 * The header before an event's contents in Redis (`lua/prelude.lua`), and the receipts made from it.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import { MAX_FAILURES } from "../../limits.ts";

/** Bytes of the stamp, which no two events that ever have the same id share. */
const STAMP_BYTES = 9;

/** Flags after the stamp. */
const EXPIRES = 1;
const LARGE = 2;

const HEADER_BYTES = STAMP_BYTES + 1;
const EXPIRY_BYTES = 6;
/** Of large contents. */
export const SIZE_BYTES = 4;

/** 18 digits, a hyphen, 5 digits. */
const MAX_RECEIPT_BYTES = 24;

const encoder = new TextEncoder();

/** The contents after the header, or null if they are large and elsewhere. */
export function smallContents(value: Uint8Array): Uint8Array | null {
  const flags = value[STAMP_BYTES];
  if (flags >= LARGE) return null;
  return value.subarray(flags === EXPIRES ? HEADER_BYTES + EXPIRY_BYTES : HEADER_BYTES);
}

/** The size in bytes of contents that are large. */
export function largeSize(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, value.length).getUint32(value.length - SIZE_BYTES);
}

/** As clients get it: the stamp in hexadecimal, a hyphen, the attempt. */
export function makeReceipt(value: Uint8Array, failures: number): Uint8Array {
  let text = "";
  for (let i = 0; i < STAMP_BYTES; i++) text += value[i].toString(16).padStart(2, "0");
  return encoder.encode(`${text}-${failures + 1}`);
}

/** As the script compares it: stamp and number of failures; null if it is invalid. */
export function readReceipt(receipt: Uint8Array): Uint8Array | null {
  const text = receipt.length > MAX_RECEIPT_BYTES ? "" : keyOf(receipt);
  const [, stamp, attempt] = /^([0-9a-f]{18})-([1-9][0-9]{0,4})$/.exec(text) ?? [];
  if (stamp === undefined || Number(attempt) > MAX_FAILURES + 1) return null;
  const bytes = new Uint8Array(STAMP_BYTES + 2);
  for (let i = 0; i < STAMP_BYTES; i++) bytes[i] = parseInt(stamp.slice(2 * i, 2 * i + 2), 16);
  new DataView(bytes.buffer).setUint16(STAMP_BYTES, Number(attempt) - 1);
  return bytes;
}
