/**
 * `migrate --from url --store url`: copies a store into another one that is empty, or moves the events of an okq written
 * in Go into any store.
 *
 * @module
 */
import { progressBar, showProgress } from "../client/cli/progress.ts";
import type { ProgramResult } from "../core/cli/store_command.ts";
import { ConfigError, parseConfig } from "../core/config/flags.ts";
import { OPTIONS } from "../core/config/settings.ts";
import { Log } from "../core/log.ts";
import { openRecordReader, openRecordWriter, openStore, type StoreSettings } from "../store/open.ts";
import type { RecordReader } from "../store/records.ts";
import { type StoreOptions, StoreUnavailable } from "../store/store.ts";
import { copy } from "./copy.ts";
import type { DumpTotals } from "./dump_format.ts";
import { type GoMigrationReport, migrateGo } from "./go_migration.ts";
import { SourceInUse } from "./source.ts";

export const MIGRATE = {
  syntax: "migrate --from <url> --store <url>",
  summary: "Copies a store into an empty one, or moves all events out of the Redis of an okq written in Go; " +
    "repeat it if it was interrupted",
};

/** How long the source is watched for changes first. */
export const WATCH_MS = 1000;

export interface CommandOptions {
  /** Default: {@linkcode WATCH_MS}. */
  watchMs?: number;
  /** Displays the progress until the function that it returns is called. */
  show?: typeof showProgress;
}

/**
 * @param args the command line after the word `migrate`
 * @throws {ConfigError} if `--from` is missing or invalid
 * @throws {Error} one line: the source is in use, the target is not empty, or either failed
 */
export async function migrateCommand(args: string[], options: CommandOptions = {}): Promise<ProgramResult> {
  const { from, rest } = takeFrom(args);
  const settings = parseConfig(rest);
  const source = { ...settings, store: from };
  return await explained("migrate", async () => {
    const report = reportOf(settings);
    const isCopy = from !== settings.store && await holdsOkq(source);
    return isCopy
      ? await copyStore(source, settings, report, options)
      : await moveFromGo(from, settings, report, options);
  });
}

type Report = StoreOptions["report"];

/** What `--log-level` and `--log-format` say. */
export function reportOf({ logLevel, logFormat }: ReturnType<typeof parseConfig>): Report {
  const log = new Log(logLevel, undefined, logFormat);
  return (level, message) => log[level](message);
}

/** Adds to errors what was to be done. @param verb "migrate", "dump" or "load" */
export async function explained<T>(verb: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SourceInUse) {
      throw new Error(`Cannot ${verb} while the source is in use: ${error.message}; then repeat this command`);
    }
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new Error(`Interrupted: ${error.reason}; no event is lost, repeat this command`, { cause: error });
  }
}

/** Whether a store is that of this okq, and not a Redis of the Go okq. */
async function holdsOkq({ store, storeTimeoutMs: timeoutMs }: StoreSettings): Promise<boolean> {
  if (store.startsWith("sqlite:")) return true;
  const { dataIn } = await import("./go_okq.ts");
  const { ofGo, ofOkq } = await dataIn(store, { timeoutMs, report: () => {} });
  if (!ofGo || !ofOkq) return ofOkq;
  throw new Error(
    "Cannot migrate from a Redis that two okq share: first move the events of the Go okq, " +
      "with this Redis as --from and as --store",
  );
}

async function copyStore(
  from: StoreSettings,
  to: StoreSettings,
  report: Report,
  { watchMs = WATCH_MS, show = showProgress }: CommandOptions,
): Promise<ProgramResult> {
  await using stack = new AsyncDisposableStack();
  const source = stack.adopt(await openSource(from), (source) => source.close());
  const target = stack.adopt(await openRecordWriter(to, { report }), (target) => target.close());
  let line = () => "Checking whether the source is in use";
  stack.defer(show(() => line()));
  const totals = await copy(source, target, { watchMs, progress: (text) => line = text });
  return { text: `${totalsText(totals)}\nBoth stores hold the same. Do not start okq on the old one again.`, ok: true };
}

export function totalsText({ queues, timetables, events, done }: DumpTotals): string {
  const rows = [row("queues", queues), row("timetables", timetables), row("events", events), row("remembered", done)];
  return rows.join("\n");
}

function row(name: string, count: number): string {
  return `${name.padEnd(10)} ${`${count}`.padStart(12)}`;
}

/** Errors of a store name the option that it is given by. */
async function openSource(from: StoreSettings): Promise<RecordReader> {
  try {
    return await openRecordReader(from);
  } catch (error) {
    if (error instanceof Error && !(error instanceof StoreUnavailable)) {
      error.message = error.message.replace("this --store", "this --from");
    }
    throw error;
  }
}

async function moveFromGo(
  from: string,
  settings: StoreSettings,
  report: Report,
  { watchMs = WATCH_MS, show = showProgress }: CommandOptions,
): Promise<ProgramResult> {
  const { openGoOkq } = await import("./go_okq.ts");
  await using stack = new AsyncDisposableStack();
  const source = stack.adopt(
    await openGoOkq(from, { timeoutMs: settings.storeTimeoutMs, report }),
    (source) => source.close(),
  );
  const store = stack.adopt(await openStore(settings, { report }), (store) => store.close());
  let line = "Checking whether the old okq is in use";
  const since = performance.now();
  stack.defer(show(() => line));
  const progress = (done: number, total: number) => line = progressBar(done, total, performance.now() - since);
  return resultOf(await migrateGo(source, store, { watchMs, progress }));
}

function takeFrom(args: string[]): { from: string; rest: string[] } {
  const at = args.findIndex((arg) => arg === "--from" || arg.startsWith("--from="));
  const [flag, next = ""] = args.slice(Math.max(at, 0));
  const from = at < 0 ? "" : flag === "--from" ? next : flag.slice("--from=".length);
  if (OPTIONS.store.read(from) === undefined) {
    throw new ConfigError(`Cannot migrate: --from with the old store is required; it must be ${OPTIONS.store.allowed}`);
  }
  return { from, rest: args.toSpliced(at, flag === "--from" ? 2 : 1) };
}

function resultOf({ queues, moved, missing, duplicates, unnameable }: GoMigrationReport): ProgramResult {
  const text = [row("queues", queues), row("moved", moved), row("kept", duplicates + unnameable)];
  if (duplicates > 0) text.push(`  ${duplicates} because the new queues hold their ids already`);
  if (unnameable > 0) text.push(`  ${unnameable} because their ids or queue names are empty or too long`);
  if (missing > 0) text.push(`dropped ${missing} ids without contents, left behind by acknowledgements`);
  return { text: text.join("\n"), ok: duplicates + unnameable === 0 };
}
