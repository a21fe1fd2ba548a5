/**
 * What stands in front of the contents of an event in Redis, as `lua/events.lua` describes it, and the receipts made of it.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import { MAX_FAILURES } from "../../limits.ts";

/** Bytes of the birth. */
const BIRTH = 9;

/** Bytes of a head, and of one that says when the event's time is up. */
const HEAD = 10;
const HEAD_WITH_END = 16;

const encoder = new TextEncoder();

/** The contents behind their head. */
export function stripHeader(value: Uint8Array): Uint8Array {
  return value.subarray(value[BIRTH] === 0 ? HEAD : HEAD_WITH_END);
}

/** The receipt of a delivery, as clients get it: the birth in hexadecimal, a hyphen, the attempt. */
export function makeReceipt(value: Uint8Array, failed: number): Uint8Array {
  let text = "";
  for (let i = 0; i < BIRTH; i++) text += value[i].toString(16).padStart(2, "0");
  return encoder.encode(`${text}-${failed + 1}`);
}

/** A receipt as the script compares it, birth and deliveries ended before, or null for one that was never given out. */
export function readReceipt(receipt: Uint8Array): Uint8Array | null {
  const text = receipt.length > MOST_BYTES ? "" : keyOf(receipt);
  const [, birth, attempt] = /^([0-9a-f]{18})-([1-9][0-9]{0,4})$/.exec(text) ?? [];
  if (birth === undefined || Number(attempt) > MAX_FAILURES + 1) return null;
  const bytes = new Uint8Array(BIRTH + 2);
  for (let i = 0; i < BIRTH; i++) bytes[i] = parseInt(birth.slice(2 * i, 2 * i + 2), 16);
  new DataView(bytes.buffer).setUint16(BIRTH, Number(attempt) - 1);
  return bytes;
}

/** The longest receipt: 18 digits, a hyphen, 5 digits. */
const MOST_BYTES = 24;
