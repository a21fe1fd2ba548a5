/**
 * The record of a queue's policy in Redis, which `lua/queue.lua` describes.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { DEFAULT_POLICY, type Policy } from "../../policy.ts";

/** In the record's order. The fields that the script alone writes follow them. */
const NUMBERS = [
  "maxAttempts",
  "backoffMs",
  "backoffMaxMs",
  "maxLength",
  "leaseMs",
  "groupLimit",
  "rememberMs",
  "maxProcessing",
  "rate",
] as const;

/** The end of a pause, the number of tombstones, the use of the rate, the number of timetables. */
const FIELDS_OF_SCRIPT = 4;

/** In a change: keeps the field as it is. */
const UNCHANGED = "~";

const DEFAULT_DEAD_QUEUE = "-";

/** The policy in a record; without one, the default policy. */
export function readPolicyRecord(record: Uint8Array | null): Policy {
  if (record === null) return { ...DEFAULT_POLICY };
  const values = keyOf(record).split(" ");
  const numbers = Object.fromEntries(NUMBERS.map((name, i) => [name, Number(values[i])]));
  const dead = values.slice(NUMBERS.length + FIELDS_OF_SCRIPT).join(" ");
  const deadQueue = dead === DEFAULT_DEAD_QUEUE ? null : new Uint8Array(Buffer.from(dead.slice(1), "latin1"));
  return { ...DEFAULT_POLICY, ...numbers, deadQueue };
}

/** When the pause of a queue ends, as `lua/queue.lua` stores it (ms); 0 without one. */
export function readPauseEnd(record: Uint8Array | null): number {
  return record === null ? 0 : Number(keyOf(record).split(" ")[NUMBERS.length]);
}

export function readTombstones(record: Uint8Array | null): number {
  return record === null ? 0 : Number(keyOf(record).split(" ")[NUMBERS.length + 1]);
}

export function readTimetableCount(record: Uint8Array | null): number {
  return record === null ? 0 : Number(keyOf(record).split(" ")[NUMBERS.length + FIELDS_OF_SCRIPT - 1]);
}

/** The record of a queue with more timetables. */
export function addTimetables(record: Uint8Array | null, more: number): Uint8Array {
  const values = keyOf(record ?? packPolicyRecord(DEFAULT_POLICY, 0, 0)).split(" ");
  values[NUMBERS.length + FIELDS_OF_SCRIPT - 1] = `${readTimetableCount(record) + more}`;
  return Buffer.from(values.join(" "), "latin1");
}

/** A whole record. @param pausedUntil as {@linkcode readPauseEnd} returns it */
export function packPolicyRecord(policy: Policy, pausedUntil: number, rateUsed: number): Uint8Array {
  return pack(policy, [pausedUntil, 0, rateUsed, 0]);
}

/** A change as `set_policy` takes it; null resets every field. */
export function packPolicyChange(change: Partial<Policy> | null): Uint8Array {
  return pack(change ?? DEFAULT_POLICY, Array(FIELDS_OF_SCRIPT).fill(UNCHANGED));
}

function pack({ deadQueue, ...numbers }: Partial<Policy>, fieldsOfScript: (number | string)[]): Uint8Array {
  const values = [...NUMBERS.map((name) => numbers[name] ?? UNCHANGED), ...fieldsOfScript];
  const dead = deadQueue === undefined ? UNCHANGED : deadQueue === null ? DEFAULT_DEAD_QUEUE : `+${keyOf(deadQueue)}`;
  return Buffer.from(`${values.join(" ")} ${dead}`, "latin1");
}
