/**
 * The header before an event's contents in Redis (`lua/prelude.lua`), and the receipts made from it.
 *
 * @module
 */
import { concatBytes, keyOf } from "../../bytes.ts";
import { MAX_FAILURES } from "../../limits.ts";
import type { Claimed, Event } from "../../store.ts";

/** Bytes of the stamp, which no two events that ever have the same id share. */
const STAMP_BYTES = 9;

/** Flags after the stamp. */
const EXPIRES = 1;
const LARGE = 2;
const GROUPED = 4;
const META = 8;

const HEADER_BYTES = STAMP_BYTES + 1;
const EXPIRY_BYTES = 6;
const PLACE_BYTES = 6;
const LENGTH_BYTES = 2;
/** Of large contents. */
export const SIZE_BYTES = 4;

/** 18 digits, a hyphen, 5 digits. */
const MAX_RECEIPT_BYTES = 24;

const encoder = new TextEncoder();

/** What the value of an event in Redis says of it. */
export interface StoredEvent {
  group: Uint8Array | null;
  /** Length of its meta, which stands before its contents; -1 without meta. */
  metaBytes: number;
  /** Meta and contents, or null if they are large and elsewhere. */
  small: Uint8Array | null;
  /** Bytes of meta and contents that are large. */
  largeBytes: number;
}

export function readEvent(value: Uint8Array): StoredEvent {
  const flags = value[STAMP_BYTES];
  if (flags === 0) return { group: null, metaBytes: -1, small: value.subarray(HEADER_BYTES), largeBytes: 0 };
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  let at = HEADER_BYTES + (flags & EXPIRES ? EXPIRY_BYTES : 0);
  let group: Uint8Array | null = null;
  let metaBytes = -1;
  if (flags & GROUPED) {
    const from = at + PLACE_BYTES + LENGTH_BYTES;
    at = from + view.getUint16(from - LENGTH_BYTES);
    group = value.subarray(from, at);
  }
  if (flags & META) {
    metaBytes = view.getUint16(at);
    at += LENGTH_BYTES;
  }
  const isLarge = (flags & LARGE) > 0;
  return {
    group,
    metaBytes,
    small: isLarge ? null : value.subarray(at),
    largeBytes: isLarge ? view.getUint32(at) : 0,
  };
}

/** An event of which some operations return more. */
export type ReadableEvent = Event & Partial<Pick<Claimed, "group" | "meta">>;

/** What is stored as the contents of an event: its meta is in front. */
export function bodyOf(contents: Uint8Array, meta: Uint8Array | undefined): Uint8Array {
  return meta === undefined ? contents : concatBytes(meta, contents);
}

/** @param body of {@linkcode bodyOf} */
export function setContents(event: ReadableEvent, body: Uint8Array, metaBytes: number): void {
  if (metaBytes < 0) event.contents = body;
  else {
    event.meta = body.subarray(0, metaBytes);
    event.contents = body.subarray(metaBytes);
  }
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
