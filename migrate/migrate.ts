/**
 * `migrate --from url --store url` moves the events of an okq written in Go into a store, in their order.
 *
 * A batch is read (and marked as read in the old Redis), pushed, and only then removed from the old Redis. A killed run
 * can be repeated: it reads the same events, knows that they may have been pushed, and the store knows their ids. So no
 * event is lost or doubled.
 *
 * @module
 */
import { progressBar, showProgress } from "../client/cli/progress.ts";
import type { ProgramResult } from "../core/cli/store_command.ts";
import { ConfigError, parseConfig } from "../core/config/flags.ts";
import { OPTIONS } from "../core/config/settings.ts";
import { Log } from "../core/log.ts";
import { delay } from "../core/util/async.ts";
import { MAX_ID_BYTES, MAX_QUEUE_BYTES } from "../store/limits.ts";
import { openStore } from "../store/open.ts";
import { type Store, StoreUnavailable } from "../store/store.ts";
import { openGoOkq } from "./go_okq.ts";
import { type LegacyBatch, LegacyInUse, type LegacyOverview, type LegacySource, type MoveOutcome } from "./source.ts";

export const MIGRATE = {
  syntax: "migrate --from <url> --store <url>",
  summary: "Moves all events of an okq written in Go out of its Redis; repeat it if it was interrupted",
};

/** How long the old okq is watched for changes first. */
const WATCH_MS = 1000;

export interface MigrationOptions {
  /** Default: 1,000. */
  watchMs?: number;
  progress?(done: number, total: number): void;
}

export interface MigrationReport {
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
 * @param args the command line after the word `migrate`
 * @param show displays the progress until the function that it returns is called
 * @throws {ConfigError} if `--from` is missing or invalid
 * @throws {Error} one line: the old okq is in use, or either store failed
 */
export async function migrateCommand(
  args: string[],
  { watchMs, show = showProgress }: { watchMs?: number; show?: typeof showProgress } = {},
): Promise<ProgramResult> {
  const { from, rest } = takeFrom(args);
  const settings = parseConfig(rest);
  const log = new Log(settings.logLevel, undefined, settings.logFormat);
  const report = (level: "info" | "warn", message: string) => log[level](message);
  await using stack = new AsyncDisposableStack();
  try {
    const source = await openGoOkq(from, { timeoutMs: settings.storeTimeoutMs, report });
    stack.defer(() => source.close());
    const store = stack.adopt(await openStore(settings, { report }), (store) => store.close());
    let line = "Checking whether the old okq is in use";
    const since = performance.now();
    stack.defer(show(() => line));
    const progress = (done: number, total: number) => line = progressBar(done, total, performance.now() - since);
    return resultOf(await migrate(source, store, { watchMs, progress }));
  } catch (error) {
    if (error instanceof LegacyInUse) {
      throw new Error(`Cannot migrate while the old okq is in use: ${error.message}; then repeat this command`);
    }
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new Error(`Migration interrupted: ${error.reason}; no event is lost, repeat this command`, { cause: error });
  }
}

/**
 * @throws {LegacyInUse}
 * @throws {StoreUnavailable} if either store cannot be reached; call it again to go on
 */
export async function migrate(
  source: LegacySource,
  store: Store,
  { watchMs = WATCH_MS, progress }: MigrationOptions = {},
): Promise<MigrationReport> {
  const { queues } = await requireIdle(source, watchMs);
  const report: MigrationReport = { queues: queues.length, moved: 0, duplicates: 0, unnameable: 0, missing: 0 };
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
  if (inUse !== undefined) throw new LegacyInUse(inUse);
  if (countEvents(left) > report.duplicates + report.unnameable) {
    throw new LegacyInUse("events were pushed meanwhile; stop it");
  }
  return report;
}

async function requireIdle(source: LegacySource, watchMs: number): Promise<LegacyOverview> {
  const first = await source.overview();
  if (first.inUse !== undefined) throw new LegacyInUse(first.inUse);
  await delay(watchMs);
  const second = await source.overview();
  if (second.inUse !== undefined) throw new LegacyInUse(second.inUse);
  if (countEvents(first.queues) !== countEvents(second.queues)) throw new LegacyInUse("its queues change; stop it");
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
  report: MigrationReport,
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

function takeFrom(args: string[]): { from: string; rest: string[] } {
  const at = args.findIndex((arg) => arg === "--from" || arg.startsWith("--from="));
  const [flag, next = ""] = args.slice(Math.max(at, 0));
  const from = at < 0 ? "" : flag === "--from" ? next : flag.slice("--from=".length);
  if (OPTIONS.store.read(from) === undefined || from.startsWith("sqlite:")) {
    throw new ConfigError("Cannot migrate: --from redis://host:port/db is required, the Redis of the old okq");
  }
  return { from, rest: args.toSpliced(at, flag === "--from" ? 2 : 1) };
}

function resultOf({ queues, moved, missing, duplicates, unnameable }: MigrationReport): ProgramResult {
  const row = (name: string, count: number) => `${name.padEnd(10)} ${`${count}`.padStart(12)}`;
  const text = [row("queues", queues), row("moved", moved), row("kept", duplicates + unnameable)];
  if (duplicates > 0) text.push(`  ${duplicates} because the new queues hold their ids already`);
  if (unnameable > 0) text.push(`  ${unnameable} because their ids or queue names are empty or too long`);
  if (missing > 0) text.push(`dropped ${missing} ids without contents, left behind by acknowledgements`);
  return { text: text.join("\n"), ok: duplicates + unnameable === 0 };
}
