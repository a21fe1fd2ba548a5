/**
 * Moves all events of a former okq into a store, in their order.
 *
 * The life of a batch: it is taken (and noted as taken, where it is), pushed into the store, and only then removed from
 * where it was. Who is killed in between and starts again takes the same events again; of those it knows that they may
 * have been pushed, and the store knows their ids. So nothing is lost, and nothing is there twice.
 *
 * @module
 */
import { type LegacyBatch, LegacyInUse, type LegacyOverview, type LegacySource, type MoveOutcome } from "./source.ts";
import { delay } from "../core/util/async.ts";
import type { Store } from "../store/store.ts";

/** How long a former okq that is in use has to show it, in milliseconds. */
const WATCH_MS = 1000;

/** How to move. */
export interface MigrationOptions {
  /** The longest name of a queue that clients may use, in bytes. */
  maxQueueBytes: number;
  /** The longest id of an event that clients may use, in bytes. */
  maxIdBytes: number;
  /** How long the former okq is watched before anything is moved, in milliseconds; {@linkcode WATCH_MS} by default. */
  watchMs?: number;
  /** Told how far it has come. */
  progress?(done: number, total: number): void;
}

/** What came of it. */
export interface MigrationFigures {
  /** Queues that held events. */
  queues: number;
  /** Events moved. */
  moved: number;
  /** Events left where they are: their queue holds another event of that id in the store. */
  held: number;
  /** Events left where they are: no client could name them or their queue. */
  unnameable: number;
  /** Ids without contents that were removed: their events had been acknowledged. */
  void: number;
}

/**
 * Moves everything.
 * @throws {LegacyInUse} if the former okq is in use
 * @throws {StoreUnavailable} if either place is out of reach; it may be called again
 */
export async function migrate(
  former: LegacySource,
  store: Store,
  options: MigrationOptions,
): Promise<MigrationFigures> {
  const { queues } = await atRest(former, options.watchMs ?? WATCH_MS);
  const figures: MigrationFigures = { queues: queues.length, moved: 0, held: 0, unnameable: 0, void: 0 };
  const total = queues.reduce((sum, { events }) => sum + events, 0);
  for (const { name, events } of queues) {
    if (name.length === 0 || name.length > options.maxQueueBytes) {
      figures.unnameable += events;
      continue;
    }
    for await (const batch of former.batches(name)) {
      await moveBatch(batch, name, store, options, figures);
      options.progress?.(figures.moved + figures.held + figures.unnameable + figures.void, total);
    }
  }
  const after = await former.overview();
  if (after.life !== undefined) throw new LegacyInUse(after.life);
  if (eventsOf(after) > figures.held + figures.unnameable) throw new LegacyInUse("events have come meanwhile; stop it");
  return figures;
}

/** What there is, once it is certain that nobody changes it. */
async function atRest(former: LegacySource, watchMs: number): Promise<LegacyOverview> {
  const before = await former.overview();
  if (before.life === undefined) await delay(watchMs);
  const look = before.life === undefined ? await former.overview() : before;
  if (look.life !== undefined) throw new LegacyInUse(look.life);
  if (eventsOf(look) !== eventsOf(before)) throw new LegacyInUse("its queues change; stop it");
  return look;
}

function eventsOf({ queues }: LegacyOverview): number {
  return queues.reduce((sum, { events }) => sum + events, 0);
}

async function moveBatch(
  { events, settle }: LegacyBatch,
  queue: Uint8Array,
  store: Store,
  { maxIdBytes }: MigrationOptions,
  figures: MigrationFigures,
): Promise<void> {
  const fates = await Promise.all(events.map(async ({ id, contents, again }): Promise<MoveOutcome> => {
    if (contents === null) return "void";
    if (id.length === 0 || id.length > maxIdBytes) return "stays";
    const pushed = await store.push(queue, id, contents, "left");
    return pushed || again ? "moved" : "stays";
  }));
  figures.moved += await settle(fates);
  for (const [i, { id }] of events.entries()) {
    if (fates[i] === "void") figures.void++;
    if (fates[i] !== "stays") continue;
    if (id.length === 0 || id.length > maxIdBytes) figures.unnameable++;
    else figures.held++;
  }
}
