/**
 * The header before an event's contents in Redis (`lua/prelude.lua`), and the receipts made from it.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { concatBytes, keyOf } from "../../bytes.ts";
import { MAX_FAILURES } from "../../limits.ts";
import type { Claimed, Event } from "../../store.ts";

/** Bytes of the stamp, which no two events that ever have the same id share. */
export const STAMP_BYTES = 9;

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

/** The place of an event in its group: {@linkcode OUTSIDE} and so on, or the number that it has, or had, in the line. */
export type Place = number;

/** Delayed by its push. */
export const NOT_JOINED: Place = 0;
/** A dead letter. */
export const OUTSIDE: Place = 1;
/** It got a place when it joined. */
export const AT_ONCE: Place = 2;

/** The rest of what the value of an event says of it. */
export interface StoredTimes {
  /** In microseconds since 1970. */
  pushedAtUs: number;
  /** In milliseconds since 1970; null: never. */
  expiresAt: number | null;
  /** Null without a group. */
  place: Place | null;
  /** First bytes of the value. */
  stamp: Uint8Array;
}

/** Whether meta and contents are elsewhere. */
export function isLarge(value: Uint8Array): boolean {
  return (value[STAMP_BYTES] & LARGE) > 0;
}

export function readTimes(value: Uint8Array): StoredTimes {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const flags = value[STAMP_BYTES];
  const expires = (flags & EXPIRES) > 0;
  return {
    pushedAtUs: bytes.readUIntBE(0, 3) * 2 ** 32 + bytes.readUInt32BE(3),
    expiresAt: expires ? bytes.readUIntBE(HEADER_BYTES, EXPIRY_BYTES) : null,
    place: flags & GROUPED ? bytes.readUIntBE(HEADER_BYTES + (expires ? EXPIRY_BYTES : 0), PLACE_BYTES) : null,
    stamp: value.subarray(0, STAMP_BYTES),
  };
}

/**
 * The value of an event. Its stamp has the number 0, which no push gives.
 *
 * @param body of {@linkcode bodyOf}
 * @param isElsewhere the body is large
 */
export function valueOf(
  { pushedAtUs, expiresAt, place }: Pick<StoredTimes, "pushedAtUs" | "expiresAt" | "place">,
  { group, metaBytes }: Pick<StoredEvent, "group" | "metaBytes">,
  body: Uint8Array,
  isElsewhere: boolean,
): Buffer {
  const flags = (expiresAt === null ? 0 : EXPIRES) + (isElsewhere ? LARGE : 0) + (group ? GROUPED : 0) +
    (metaBytes < 0 ? 0 : META);
  const header = Buffer.alloc(
    HEADER_BYTES + EXPIRY_BYTES + PLACE_BYTES + LENGTH_BYTES + (group?.length ?? 0) +
      LENGTH_BYTES + SIZE_BYTES,
  );
  header.writeUIntBE(Math.floor(pushedAtUs / 2 ** 32), 0, 3);
  header.writeUInt32BE(pushedAtUs % 2 ** 32, 3);
  header[STAMP_BYTES] = flags;
  let at = HEADER_BYTES;
  if (expiresAt !== null) at = header.writeUIntBE(expiresAt, at, EXPIRY_BYTES);
  if (group) {
    at = header.writeUIntBE(place!, at, PLACE_BYTES);
    at = header.writeUInt16BE(group.length, at);
    header.set(group, at);
    at += group.length;
  }
  if (metaBytes >= 0) at = header.writeUInt16BE(metaBytes, at);
  if (isElsewhere) at = header.writeUInt32BE(body.length, at);
  return Buffer.concat(isElsewhere ? [header.subarray(0, at)] : [header.subarray(0, at), body]);
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
