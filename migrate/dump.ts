/**
 * `dump --store url` writes everything that a store holds to standard output; `load --store url` reads it from standard
 * input into an empty store.
 *
 * @module
 */
import { progressBar, rate, showProgress } from "../client/cli/progress.ts";
import type { ProgramResult } from "../core/cli/store_command.ts";
import { parseConfig } from "../core/config/flags.ts";
import { printable } from "../resp/printable.ts";
import { sameBytes } from "../store/bytes.ts";
import { openRecordReader, openRecordWriter } from "../store/open.ts";
import { BatchSize, DuplicateId, type QueueRecord } from "../store/records.ts";
import { Copier, countRecord, digestsOf, queuesIfIdle, reading, requireSame, requireUnchanged } from "./copy.ts";
import { type DumpTotals, FIRST_LINE, lastLine, recordLine } from "./dump_format.ts";
import { readDump, RefusedLine } from "./dump_reader.ts";
import { type CommandOptions, explained, reportOf, totalsText, WATCH_MS } from "./migrate.ts";

export const DUMP = {
  syntax: "dump --store <url>",
  summary: "Writes everything that a store holds to standard output, as lines of JSON; the store must not be in use",
};

export const LOAD = {
  syntax: "load --store <url>",
  summary: "Reads a dump from standard input into an empty store; repeat it if it was interrupted",
};

/** Written at once. */
const OUTPUT_CHARACTERS = 256 * 1024;

const utf8 = new TextEncoder();

/** Such as standard output. */
type Output = { write(bytes: Uint8Array): Promise<number> };

/**
 * @param args the command line after the word `dump`
 * @param output is not closed
 * @throws {ConfigError}
 * @throws {Error} one line: the store is in use, or cannot be read
 */
export async function dumpCommand(
  args: string[],
  { watchMs = WATCH_MS, show = showProgress, output = Deno.stdout }: CommandOptions & { output?: Output } = {},
): Promise<ProgramResult> {
  const settings = parseConfig(args);
  return await explained("dump", async () => {
    await using stack = new AsyncDisposableStack();
    const store = stack.adopt(
      await openRecordReader(settings),
      (store) => store.close(),
    );
    let line = () => "Checking whether the store is in use";
    stack.defer(show(() => line()));
    const queues = await queuesIfIdle(store, watchMs);
    const total = queues.reduce((sum, { records }) => sum + records + 1, 0);
    const since = performance.now();
    const totals: DumpTotals = { queues: 0, timetables: 0, events: 0, done: 0 };
    const lines = new LineWriter(output);
    await lines.add(FIRST_LINE);
    let done = 0;
    line = () => progressBar(done, total, performance.now() - since);
    await reading(async () => {
      for (const { queue } of queues) {
        for await (const records of store.records(queue)) {
          for (const record of records) {
            await lines.add(recordLine(queue, record));
            countRecord(totals, record);
          }
          done += records.length;
        }
      }
    });
    await requireUnchanged(store, queues);
    await lines.add(lastLine(totals));
    await lines.flush();
    return { text: "", ok: true };
  });
}

/**
 * @param args the command line after the word `load`
 * @throws {ConfigError}
 * @throws {Error} one line: a line of the dump is refused, and then nothing is loaded; or the store is not empty, or failed
 */
export async function loadCommand(
  args: string[],
  { show = showProgress, input = Deno.stdin.readable }: CommandOptions & { input?: AsyncIterable<Uint8Array> } = {},
): Promise<ProgramResult> {
  const settings = parseConfig(args);
  return await explained("load", async () => {
    await using stack = new AsyncDisposableStack();
    const store = stack.adopt(
      await openRecordWriter(settings, { report: reportOf(settings) }),
      (store) => store.close(),
    );
    await store.begin();
    let line = () => "Loading";
    stack.defer(show(() => line()));
    const since = performance.now();
    const copier = new Copier(store);
    try {
      for await (const lines of load(input, copier, settings.maxEventBytes)) {
        line = () => `Loading, ${lines.toLocaleString("en-US")} lines, ${rate(lines, performance.now() - since)}`;
      }
    } catch (error) {
      if (!(error instanceof RefusedLine)) throw error;
      await store.discard();
      throw new Error(`Cannot load line ${error.line}: ${error.message}; nothing was loaded`);
    }
    let checked = 0;
    const { queues, timetables, events, done } = copier.totals;
    line = () => `Checking ${progressBar(checked, queues + timetables + events + done, performance.now() - since)}`;
    requireSame(copier, await digestsOf(store, (records) => void (checked += records)));
    await store.finish();
    return { text: totalsText(copier.totals), ok: true };
  });
}

/** Yields the number of lines that are loaded. @throws {RefusedLine} */
async function* load(
  input: AsyncIterable<Uint8Array>,
  copier: Copier,
  maxEventBytes: number,
): AsyncGenerator<number, void> {
  let queue: Uint8Array = new Uint8Array();
  let read: { line: number; record: QueueRecord }[] = [];
  let batch = new BatchSize();
  const write = async () => {
    try {
      await copier.add(queue, read.map(({ record }) => record));
    } catch (error) {
      if (!(error instanceof DuplicateId)) throw error;
      const { id } = error;
      const { line } = read.findLast(({ record }) => "id" in record && sameBytes(record.id, id))!;
      throw new RefusedLine(line, `the queue has the event "${printable(id)}" already`);
    }
    read = [];
    batch = new BatchSize();
  };
  let last = 0;
  for await (const { line, queue: of, record } of readDump(input, maxEventBytes)) {
    if (read.length > 0 && (batch.isFull || record.state === "settings")) {
      await write();
      yield line;
    }
    queue = of;
    read.push({ line, record });
    batch.add(record);
    last = line;
  }
  if (read.length > 0) await write();
  yield last;
}

/** Writes lines, many at once. */
class LineWriter {
  readonly #output: Output;
  #text = "";

  constructor(output: Output) {
    this.#output = output;
  }

  async add(line: string): Promise<void> {
    this.#text += `${line}\n`;
    if (this.#text.length >= OUTPUT_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    let rest = utf8.encode(this.#text);
    this.#text = "";
    while (rest.length > 0) rest = rest.subarray(await this.#output.write(rest));
  }
}
