/**
 * Copies a store into another one, and checks that both hold the same. An interrupted copy goes on: the target keeps how
 * far each queue is written, and a digest of that.
 *
 * @module
 */
import { progressBar } from "../client/cli/progress.ts";
import { createHash } from "../deps.ts";
import { delay } from "../core/util/async.ts";
import { giveWay } from "../core/util/slices.ts";
import { printable } from "../resp/printable.ts";
import { bytesOfKey, keyOf, sameBytes } from "../store/bytes.ts";
import {
  type Progress,
  QueueChanged,
  type QueueRecord,
  type QueueSummary,
  type RecordReader,
  type RecordWriter,
} from "../store/records.ts";
import { type DumpTotals, recordLine } from "./dump_format.ts";
import { SourceInUse } from "./source.ts";

/**
 * Copies everything, and compares both stores at the end.
 * @param progress is told what makes the line to be shown
 * @throws {SourceInUse}
 * @throws {Error} one line: the target holds something else, or differs at the end
 */
export async function copy(
  source: RecordReader,
  target: RecordWriter,
  { watchMs, progress }: { watchMs: number; progress(line: () => string): void },
): Promise<DumpTotals> {
  const queues = await queuesIfIdle(source, watchMs);
  await target.begin();
  const total = queues.reduce((sum, { records }) => sum + records + 1, 0);
  const copier = new Copier(target);
  const countCopied = counter("Copying", total, progress);
  await reading(async () => {
    for (const { queue } of queues) {
      for await (const records of source.records(queue)) {
        await copier.add(queue, records);
        countCopied(records.length);
      }
    }
  });
  const countChecked = counter("Checking", source.isLocked ? total : 2 * total, progress);
  const [before, after] = await Promise.all([
    source.isLocked ? copier.digests : reading(() => digestsOf(source, countChecked)),
    digestsOf(target, countChecked),
  ]);
  await requireUnchanged(source, queues);
  if (firstDifference(before, copier.digests) !== undefined) {
    throw new SourceInUse("it changed while it was copied; stop the okq that uses it, and empty the target");
  }
  requireSame(copier, after);
  await target.finish();
  return copier.totals;
}

/** @throws {Error} the target holds something else than what was written */
export function requireSame({ digests }: Copier, after: Copier["digests"]): void {
  const different = firstDifference(digests, after);
  if (different === undefined) return;
  throw new Error(`The target differs in the queue "${different}": empty it, then repeat this command`);
}

/** Returns a function that adds to what is done. */
function counter(verb: string, total: number, show: (line: () => string) => void): (records: number) => void {
  const since = performance.now();
  let done = 0;
  show(() => `${verb} ${progressBar(done, total, performance.now() - since)}`);
  return (records) => void (done += records);
}

/** Records and digests of queues, by their map keys. */
export type Digests = Map<string, Progress>;

/** Of the records of one queue, as the lines of a dump. */
class QueueDigest {
  readonly #hash = createHash("sha256");
  #records = 0;

  add(queue: Uint8Array, record: QueueRecord): void {
    this.#hash.update(recordLine(queue, record)).update("\n");
    this.#records++;
  }

  get records(): number {
    return this.#records;
  }

  /** So far. */
  get progress(): Progress {
    return { records: this.#records, digest: this.#hash.copy().digest("hex") };
  }
}

/** Writes the records of one queue after the other. */
export class Copier {
  readonly digests: Digests = new Map();
  readonly totals: DumpTotals = { queues: 0, timetables: 0, events: 0, done: 0 };
  readonly #target: RecordWriter;
  #queue: Uint8Array = new Uint8Array();
  #digest = new QueueDigest();
  /** What was written before. */
  #written: Progress | null = null;

  /** @param target which has begun */
  constructor(target: RecordWriter) {
    this.#target = target;
  }

  /**
   * Adds records of a queue: its settings first, and all before those of another queue. Passes over what was written in
   * an earlier run.
   * @throws {Error} one line: that was something else
   * @throws {DuplicateId}
   */
  async add(queue: Uint8Array, records: QueueRecord[]): Promise<void> {
    if (!sameBytes(queue, this.#queue)) {
      this.#queue = queue;
      this.#digest = new QueueDigest();
      this.#written = await this.#target.progress(queue);
    }
    const added: QueueRecord[] = [];
    for (const record of records) {
      this.#digest.add(queue, record);
      countRecord(this.totals, record);
      const { records: before = 0, digest } = this.#written ?? {};
      if (this.#digest.records > before) added.push(record);
      else if (this.#digest.records === before && this.#digest.progress.digest !== digest) {
        throw new Error(
          `The target holds the beginning of something else in the queue "${
            printable(queue)
          }": empty it, then repeat this`,
        );
      }
    }
    const { progress } = this.#digest;
    if (added.length > 0) {
      await this.#target.write(queue, added, this.#written, progress);
      this.#written = progress;
    }
    this.digests.set(keyOf(queue), progress);
  }
}

export function countRecord(totals: DumpTotals, { state }: QueueRecord): void {
  if (state === "settings") totals.queues++;
  else if (state === "timetable") totals.timetables++;
  else if (state === "done") totals.done++;
  else totals.events++;
}

/** Digests of all queues of a store. @throws {QueueChanged} */
export async function digestsOf(store: RecordReader, onRecords: (number: number) => void): Promise<Digests> {
  const digests: Digests = new Map();
  const pause = giveWay();
  for (const { queue } of await store.queues()) {
    const digest = new QueueDigest();
    for await (const records of store.records(queue)) {
      for (const record of records) digest.add(queue, record);
      onRecords(records.length);
    }
    digests.set(keyOf(queue), digest.progress);
    await pause();
  }
  return digests;
}

/** The name of the first queue in which two stores differ, or undefined. */
export function firstDifference(a: Digests, b: Digests): string | undefined {
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  const different = keys.find((key) => a.get(key)?.digest !== b.get(key)?.digest);
  return different === undefined ? undefined : printable(bytesOfKey(different));
}

/**
 * The queues of a store, if nobody uses it: nothing changes for some time.
 * @throws {SourceInUse}
 */
export async function queuesIfIdle(store: RecordReader, watchMs: number): Promise<QueueSummary[]> {
  const queues = await store.queues();
  await delay(watchMs);
  await requireUnchanged(store, queues);
  return queues;
}

/** @throws {SourceInUse} its queues are others, or an okq uses it */
export async function requireUnchanged(store: RecordReader, queues: QueueSummary[]): Promise<void> {
  const inUse = await store.inUse();
  if (inUse !== undefined) throw new SourceInUse(inUse);
  const now = await store.queues();
  const different = now.length !== queues.length ||
    now.some(({ queue, figures }, i) => !sameBytes(queue, queues[i].queue) || figures !== queues[i].figures);
  if (different) throw new SourceInUse("its queues change; stop the okq that uses it");
}

/** Turns a change of a queue while it is read into what its user can do. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof QueueChanged)) throw error;
    throw new SourceInUse(
      `the queue "${printable(error.queue)}" changed while it was read; stop the okq that uses it, or see store check`,
    );
  }
}
