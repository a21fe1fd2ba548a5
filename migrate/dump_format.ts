/**
 * The lines of a dump, which docs/dump-format.md describes.
 *
 * @module
 */
import { Buffer } from "../deps.ts";
import { DEFAULT_POLICY, type Policy } from "../store/policy.ts";
import type { QueueRecord } from "../store/records.ts";

export const DUMP_VERSION = 1;

/** The first line. */
export const FIRST_LINE: string = JSON.stringify({ okq: "dump", version: DUMP_VERSION });

/** What the last line counts. */
export interface DumpTotals {
  queues: number;
  timetables: number;
  events: number;
  /** Remembered ids. */
  done: number;
}

export function lastLine(totals: DumpTotals): string {
  return JSON.stringify({ end: totals });
}

/** A byte string in JSON. */
export type JsonBytes = string | { base64: string };

/** Longer ones are written in Base64: as text they could become longer than a string may be. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

/** Longer contents have no line. */
export const MAX_CONTENTS_BYTES: number = 256 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function toJsonBytes(bytes: Uint8Array): JsonBytes {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length <= MAX_TEXT_BYTES) {
    if (isAscii(bytes)) return buffer.toString("latin1"); // in half the time that a decoder takes
    try {
      return utf8.decode(bytes);
    } catch {
      // Not UTF-8.
    }
  }
  return { base64: buffer.toString("base64") };
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80) return false;
  return true;
}

/**
 * The line of a record, without a line feed.
 * @throws {Error} one line: the contents are too long
 */
export function recordLine(queue: Uint8Array, record: QueueRecord): string {
  if (record.state === "settings") {
    const { policy, pausedUntil } = record;
    return JSON.stringify({
      queue: toJsonBytes(queue),
      policy: policyFields(policy),
      // JSON has no infinity: null is a pause without end.
      pausedUntil: pausedUntil === 0 ? undefined : pausedUntil,
    });
  }
  if (record.state === "timetable") {
    const { name, expression, zone, nextAt, lastAt, group, meta, contents } = record;
    return JSON.stringify({
      timetable: toJsonBytes(name),
      expression,
      zone,
      nextAt,
      lastAt: lastAt ?? undefined,
      group: group === null ? undefined : toJsonBytes(group),
      meta: meta === null ? undefined : toJsonBytes(meta),
      contents: toJsonBytes(contents),
    });
  }
  const { id, state, dueAt } = record;
  if (state === "done") return JSON.stringify({ event: toJsonBytes(id), state, dueAt });
  const { side, pushedAt, failures, reason, expiresAt, group, isOutside, meta, contents } = record;
  if (contents.length > MAX_CONTENTS_BYTES) {
    throw new Error(`An event has ${contents.length} bytes of contents; at most ${MAX_CONTENTS_BYTES} can be moved`);
  }
  return JSON.stringify({
    event: toJsonBytes(id),
    state,
    dueAt: dueAt > 0 ? Math.floor(dueAt) : undefined,
    side: side ?? undefined,
    pushedAt,
    failures: failures > 0 ? failures : undefined,
    reason: reason.length > 0 ? toJsonBytes(reason) : undefined,
    expiresAt: expiresAt ?? undefined,
    group: group === null ? undefined : toJsonBytes(group),
    outside: isOutside ? true : undefined,
    meta: meta === null ? undefined : toJsonBytes(meta),
    contents: toJsonBytes(contents),
  });
}

/** Those that differ from the defaults; undefined if none does. */
function policyFields(policy: Policy): Record<string, number | JsonBytes> | undefined {
  const fields = (Object.keys(DEFAULT_POLICY) as (keyof Policy)[])
    .filter((name) => policy[name] !== DEFAULT_POLICY[name])
    .map((name) => [name, name === "deadQueue" ? toJsonBytes(policy.deadQueue!) : policy[name]]);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}
