/**
 * Moves the events of an okq written in Go into a store, in their order.
 *
 * A batch is read (and marked as read in the old Redis), pushed, and only then removed from the old Redis. A killed run
 * can be repeated: it reads the same events, knows that they may have been pushed, and the store knows their ids. So no
 * event is lost or doubled.
 *
 * @module
 */
import { delay } from "../core/util/async.ts";
import { MAX_ID_BYTES, MAX_QUEUE_BYTES } from "../store/limits.ts";
import type { Store } from "../store/store.ts";
import { type LegacyBatch, type LegacyOverview, type LegacySource, type MoveOutcome, SourceInUse } from "./source.ts";

/** How long the old okq is watched for changes first. */
const WATCH_MS = 1000;

export interface GoMigrationOptions {
  /** Default: 1,000. */
  watchMs?: number;
  progress?(done: number, total: number): void;
}

export interface GoMigrationReport {
  queues: number;
  moved: number;
  /** Kept: the store holds another event with the id in that queue. */
  duplicates: number;
  /** Kept: the id or queue name is empty or too long. */
  unnameable: number;
  /** Ids without contents that were removed: their events had been acknowledged. */
  missing: number;
}

/**
 * @throws {SourceInUse}
 * @throws {StoreUnavailable} if either store cannot be reached; call it again to go on
 */
export async function migrateGo(
  source: LegacySource,
  store: Store,
  { watchMs = WATCH_MS, progress }: GoMigrationOptions = {},
): Promise<GoMigrationReport> {
  const { queues } = await requireIdle(source, watchMs);
  const report: GoMigrationReport = { queues: queues.length, moved: 0, duplicates: 0, unnameable: 0, missing: 0 };
  const total = queues.reduce((sum, { events }) => sum + events, 0);
  for (const { name, events } of queues) {
    if (!isAllowed(name, MAX_QUEUE_BYTES)) {
      report.unnameable += events;
      continue;
    }
    for await (const batch of source.batches(name)) {
      await moveBatch(batch, name, store, report);
      progress?.(report.moved + report.duplicates + report.unnameable + report.missing, total);
    }
  }
  const { queues: left, inUse } = await source.overview();
  if (inUse !== undefined) throw new SourceInUse(inUse);
  if (countEvents(left) > report.duplicates + report.unnameable) {
    throw new SourceInUse("events were pushed meanwhile; stop it");
  }
  return report;
}

async function requireIdle(source: LegacySource, watchMs: number): Promise<LegacyOverview> {
  const first = await source.overview();
  if (first.inUse !== undefined) throw new SourceInUse(first.inUse);
  await delay(watchMs);
  const second = await source.overview();
  if (second.inUse !== undefined) throw new SourceInUse(second.inUse);
  if (countEvents(first.queues) !== countEvents(second.queues)) throw new SourceInUse("its queues change; stop it");
  return second;
}

function countEvents(queues: LegacyOverview["queues"]): number {
  return queues.reduce((sum, { events }) => sum + events, 0);
}

function isAllowed(name: Uint8Array, maxBytes: number): boolean {
  return name.length > 0 && name.length <= maxBytes;
}

async function moveBatch(
  { events, complete }: LegacyBatch,
  queue: Uint8Array,
  store: Store,
  report: GoMigrationReport,
): Promise<void> {
  const outcomes = await Promise.all(events.map(async ({ id, contents, retried }): Promise<MoveOutcome> => {
    if (contents === null) return "missing";
    if (!isAllowed(id, MAX_ID_BYTES)) return "kept";
    const pushed = await store.push(queue, id, contents, "left");
    return pushed || retried ? "moved" : "kept";
  }));
  report.moved += await complete(outcomes);
  for (const [i, { id }] of events.entries()) {
    if (outcomes[i] === "missing") report.missing++;
    if (outcomes[i] !== "kept") continue;
    if (isAllowed(id, MAX_ID_BYTES)) report.duplicates++;
    else report.unnameable++;
  }
}
