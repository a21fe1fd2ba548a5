/**
 * The command line beside serving: `migrate --from url --store url` moves the events of an okq written in Go.
 *
 * @module
 */
import { LegacyInUse, type LegacySource } from "./source.ts";
import { type Store, StoreUnavailable } from "../store/store.ts";
import { ConfigError, parseConfig } from "../core/config/flags.ts";
import { migrate, type MigrationFigures, type MigrationOptions } from "./migrate.ts";
import type { Settings } from "../core/config/settings.ts";
import { OPTIONS } from "../core/config/settings.ts";
import type { ProgramResult } from "../core/cli/store_check.ts";

/** What is shown of it with `--help`. */
export const MIGRATE = {
  syntax: "migrate --from <url> --store <url>",
  summary: "Moves all events of an okq written in Go out of its Redis; run it again if it was cut off",
};

/** How many characters the bar has. */
const BAR = 30;

/** How the command gets at what it works on. */
export interface MigrateWays {
  /** Opens where the events go. */
  openStore(settings: Settings): Promise<Store>;
  /** Opens where they are. */
  openFormer(url: string, settings: Settings): Promise<LegacySource>;
  /** Shows the text again and again until the returned function is called. */
  showProgress(text: () => string): () => Promise<void>;
  /** What is told to {@linkcode migrate}. */
  options: MigrationOptions;
}

/**
 * Moves.
 * @param args what follows the word `migrate`
 * @throws {ConfigError} if it is not said where the events are
 */
export async function migrateCommand(args: string[], ways: MigrateWays): Promise<ProgramResult> {
  const { from, rest } = takeFrom(args);
  const settings = parseConfig(rest);
  await using stack = new AsyncDisposableStack();
  try {
    const former = stack.adopt(await ways.openFormer(from, settings), (former) => former.close());
    const store = stack.adopt(await ways.openStore(settings), (store) => store.close());
    let line = "looking whether the old okq is in use";
    const since = performance.now();
    const endProgress = ways.showProgress(() => line);
    stack.defer(endProgress);
    const progress = (done: number, total: number) => line = progressLine(done, total, performance.now() - since);
    return report(await migrate(former, store, { progress, ...ways.options }));
  } catch (error) {
    if (error instanceof LegacyInUse) {
      throw new Error(`Cannot move while the old okq is in use: ${error.message}; then run this again`);
    }
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new Error(`Moving was cut off: ${error.reason}; nothing is lost, run this again`, { cause: error });
  }
}

/** Takes `--from` out of the arguments. */
function takeFrom(args: string[]): { from: string; rest: string[] } {
  const at = args.findIndex((arg) => arg === "--from" || arg.startsWith("--from="));
  const [flag, next = ""] = args.slice(Math.max(at, 0));
  const from = at < 0 ? "" : flag === "--from" ? next : flag.slice("--from=".length);
  if (OPTIONS.store.read(from) === undefined || from.startsWith("sqlite:")) {
    throw new ConfigError(
      "Cannot move: say with --from redis://host:port/db which Redis the old okq keeps its events in",
    );
  }
  return { from, rest: args.toSpliced(at, flag === "--from" ? 2 : 1) };
}

function progressLine(done: number, total: number, ms: number): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const bar = "#".repeat(Math.round(part * BAR)).padEnd(BAR, ".");
  const left = Math.ceil((ms / 1000) * (1 - part) / Math.max(part, Number.EPSILON));
  return `[${bar}] ${done} of ${total} events, ${left} s left`;
}

function report({ queues, moved, void: gone, held, unnameable }: MigrationFigures): ProgramResult {
  const row = (name: string, count: number) => `${name.padEnd(10)} ${`${count}`.padStart(12)}`;
  const text = [row("queues", queues), row("moved", moved), row("left", held + unnameable)];
  if (held > 0) text.push(`  ${held} whose ids the new queues hold already`);
  if (unnameable > 0) text.push(`  ${unnameable} whose ids or queues have names that no client may use`);
  if (gone > 0) text.push(`dropped ${gone} ids without contents, which acknowledgements had left behind`);
  return { text: text.join("\n"), ok: held + unnameable === 0 };
}
