/**
 * The history of a run in the form that Jepsen reads, and what its checker `total-queue` says of it.
 *
 * Each line is a map of EDN: one of these operations of the load, with the name of its event as the value.
 *
 *     enqueue   a push: `ok` if it was answered OK, or "duplicate" after an attempt with an unknown outcome; `fail` if
 *               nothing was done; else `info`. The next attempt is another operation with the same value
 *     dequeue   an acknowledgement: `ok` if QACK returned 1, `fail` if it removed nothing, else `info`. A delivery is no
 *               dequeue: the event may come back until it is acknowledged. But one of an event that was never pushed, or
 *               of other contents, is `ok` at once
 *     drain     one, when all queues are empty, with the events that are gone although no QACK returned 1: each was
 *               delivered and has an acknowledgement with an unknown outcome. That okq lost one of these cannot be told
 *
 * A process of Jepsen does one thing at a time, and ends with `info`. So a client that pipelines is several processes.
 *
 * @module
 */

export type OperationType = "invoke" | "ok" | "fail" | "info";

export interface Operation {
  readonly process: number;
  readonly f: "enqueue" | "dequeue" | "drain";
  /** An event; of a drain that is `ok` the events. */
  readonly value: string | readonly string[] | null;
}

/** The verdict of `total-queue`, in events. */
export interface Figures {
  /** Enqueues that are `ok`, without a dequeue. */
  lost: number;
  /** Dequeues of events that nothing tried to enqueue. */
  unexpected: number;
  /** Dequeues beyond the number of attempts to enqueue the event. */
  duplicated: number;
  /** Dequeues of events whose enqueue is not known to have succeeded. */
  recovered: number;
}

const BUFFER_CHARACTERS = 64 * 1024;

/** Writes operations as they happen. It keeps no operation, only how often each event was in one. */
export class History implements Disposable {
  readonly #file: Deno.FsFile | undefined;
  readonly #beganAt = performance.now();
  #totals = new TotalQueue();
  #index = 0;
  #processes = 0;
  /** Those that do nothing. */
  readonly #free: number[] = [];
  #unwritten = "";

  /** @param path of the file that is made; without it nothing is written */
  constructor(path?: string) {
    this.#file = path === undefined ? undefined : Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  /** Must be completed. */
  invoke(f: Operation["f"], value: Operation["value"]): Operation {
    const operation = { process: this.#free.pop() ?? this.#processes++, f, value };
    this.#add("invoke", operation);
    return operation;
  }

  complete(operation: Operation, type: Exclude<OperationType, "invoke">, value = operation.value): void {
    this.#add(type, { ...operation, value });
    if (type !== "info") this.#free.push(operation.process);
  }

  /** Returns the figures of the operations since the last call. */
  figures(): Figures {
    const figures = this.#totals.figures();
    this.#totals = new TotalQueue();
    return figures;
  }

  [Symbol.dispose](): void {
    this.#write();
    this.#file?.close();
  }

  #add(type: OperationType, operation: Operation): void {
    this.#totals.add(type, operation);
    if (this.#file === undefined) return;
    const { process, f, value } = operation;
    const time = Math.round((performance.now() - this.#beganAt) * 1e6);
    const fields = `:index ${this.#index++}, :time ${time}, :type :${type}, :process ${process}, :f :${f}`;
    this.#unwritten += `{${fields}, :value ${edn(value)}}\n`;
    if (this.#unwritten.length >= BUFFER_CHARACTERS) this.#write();
  }

  #write(): void {
    let bytes = new TextEncoder().encode(this.#unwritten);
    while (this.#file && bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
    this.#unwritten = "";
  }
}

function edn(value: Operation["value"]): string {
  if (value === null) return "nil";
  return typeof value === "string" ? JSON.stringify(value) : `[${value.map(edn).join(" ")}]`;
}

/** How often an event was in an operation of a kind. */
interface Tally {
  attempts: number;
  enqueues: number;
  dequeues: number;
}

/** Counts as `total-queue` does: https://github.com/jepsen-io/jepsen/blob/main/jepsen/src/jepsen/checker.clj */
export class TotalQueue {
  readonly #tallies = new Map<string, Tally>();

  add(type: OperationType, { f, value }: Operation): void {
    if (f === "drain") {
      if (type === "info") throw new Error("The checker does not know what to do with a drain of unknown outcome");
      if (type === "ok") { for (const event of value as string[]) this.#tally(event).dequeues++; }
      return;
    }
    const tally = this.#tally(value as string);
    if (f === "enqueue" && type === "invoke") tally.attempts++;
    if (f === "enqueue" && type === "ok") tally.enqueues++;
    if (f === "dequeue" && type === "ok") tally.dequeues++;
  }

  figures(): Figures {
    const figures = { lost: 0, unexpected: 0, duplicated: 0, recovered: 0 };
    for (const { attempts, enqueues, dequeues } of this.#tallies.values()) {
      figures.lost += Math.max(0, enqueues - dequeues);
      figures[attempts === 0 ? "unexpected" : "duplicated"] += Math.max(0, dequeues - attempts);
      figures.recovered += Math.max(0, Math.min(dequeues, attempts) - enqueues);
    }
    return figures;
  }

  #tally(event: string): Tally {
    let tally = this.#tallies.get(event);
    if (!tally) this.#tallies.set(event, tally = { attempts: 0, enqueues: 0, dequeues: 0 });
    return tally;
  }
}
