/**
 * Reads and checks the lines of a dump.
 *
 * @module
 */
import { InvalidSchedule, Schedule } from "../core/timetables/schedule.ts";
import { printable } from "../resp/printable.ts";
import { compareBytes, concatBytes } from "../store/bytes.ts";
import {
  MAX_FAILURES,
  MAX_GROUP_BYTES,
  MAX_GROUP_LIMIT,
  MAX_ID_BYTES,
  MAX_META_BYTES,
  MAX_QUEUE_BYTES,
  MAX_RATE,
  MAX_REASON_BYTES,
  MAX_REMEMBER_MS,
  MAX_TIMETABLE_NAME_BYTES,
  MAX_TIMETABLES,
  MIN_RATE,
} from "../store/limits.ts";
import { canBeDeadQueue, DEFAULT_POLICY, isDefaultPolicy, type Policy } from "../store/policy.ts";
import { DelayOrder, type EventRecord, type QueueRecord } from "../store/records.ts";
import {
  byteString,
  type Field,
  isObject,
  number,
  parseObject,
  readFields,
  Refusal,
  required,
  whole,
} from "./json_fields.ts";
import { DUMP_VERSION, type DumpTotals, MAX_CONTENTS_BYTES } from "./dump_format.ts";

/** A record, with the queue that it belongs to. */
export interface DumpRecord {
  queue: Uint8Array;
  record: QueueRecord;
}

/** The latest time that every store can keep, in milliseconds: the year 6429. */
const MAX_TIME_MS = 2 ** 47 - 1;

/** In the order in which their events follow each other. */
const STATES = ["ready", "processing", "delayed", "blocked", "done"] as const;

const TIME = whole(0, MAX_TIME_MS);
const TEXT: Field<string> = { allowed: "text", read: (value) => typeof value === "string" ? value : undefined };
const FLAG: Field<true> = { allowed: "true", read: (value) => value === true ? value : undefined };
const SIDE: Field<"left" | "right"> = {
  allowed: '"left" or "right"',
  read: (value) => value === "left" || value === "right" ? value : undefined,
};
const STATE: Field<typeof STATES[number]> = {
  allowed: STATES.map((state) => `"${state}"`).join(", "),
  read: (value) => STATES.find((state) => state === value),
};
const VERSION: Field<number> = {
  allowed: `${DUMP_VERSION}, the one that this okq knows`,
  read: (value) => value === DUMP_VERSION ? value : undefined,
};

const FIRST_FIELDS = {
  okq: { allowed: '"dump"', read: (value: unknown) => value === "dump" ? value : undefined },
  version: VERSION,
};

const POLICY_FIELDS = {
  maxAttempts: whole(0, MAX_FAILURES),
  deadQueue: byteString(1, MAX_QUEUE_BYTES),
  backoffMs: number(0, MAX_TIME_MS),
  backoffMaxMs: number(0, MAX_TIME_MS),
  maxLength: whole(0, Number.MAX_SAFE_INTEGER),
  leaseMs: number(1, MAX_TIME_MS),
  groupLimit: whole(1, MAX_GROUP_LIMIT),
  rememberMs: number(0, MAX_REMEMBER_MS),
  maxProcessing: whole(0, Number.MAX_SAFE_INTEGER),
  rate: number(MIN_RATE, MAX_RATE),
} satisfies { [Name in keyof Policy]: Field<unknown> };

const QUEUE_FIELDS = {
  queue: byteString(1, MAX_QUEUE_BYTES),
  policy: {
    allowed: "an object",
    read: (value: unknown) => isObject(value) ? value : undefined,
  },
  pausedUntil: {
    allowed: `null, or ${TIME.allowed}`,
    read: (value: unknown) => value === null ? Infinity : TIME.read(value),
  },
};

const END_FIELDS = { end: QUEUE_FIELDS.policy };
const TOTALS = ["queues", "timetables", "events", "done"] as const;
const COUNT = whole(0, Infinity);
const TOTAL_FIELDS = { queues: COUNT, timetables: COUNT, events: COUNT, done: COUNT };

const TIMETABLE_FIELDS = {
  timetable: byteString(1, MAX_TIMETABLE_NAME_BYTES),
  expression: TEXT,
  zone: TEXT,
  nextAt: TIME,
  lastAt: TIME,
  group: byteString(1, MAX_GROUP_BYTES),
  meta: byteString(0, MAX_META_BYTES),
  contents: byteString(0, Infinity),
};

const EVENT_FIELDS = {
  event: byteString(1, MAX_ID_BYTES),
  state: STATE,
  dueAt: TIME,
  side: SIDE,
  pushedAt: TIME,
  failures: whole(1, MAX_FAILURES),
  reason: byteString(1, MAX_REASON_BYTES),
  expiresAt: TIME,
  group: byteString(1, MAX_GROUP_BYTES),
  outside: FLAG,
  meta: byteString(0, MAX_META_BYTES),
  contents: byteString(0, Infinity),
};

/** A line is not as the format demands. The message says why, as part of a sentence. */
export class RefusedLine extends Error {
  override name = "RefusedLine";

  constructor(readonly line: number, reason: string) {
    super(reason);
  }
}

/** How much longer a byte can be in JSON: as in `\u0000`. */
const MAX_ESCAPE_BYTES = 6;
/** What a line has beside contents, at most. */
const MAX_OTHER_BYTES = 65_536;

const LINE_FEED = 0x0a;

/**
 * Reads the records of a dump, with the numbers of their lines.
 * @param maxEventBytes limit of an event's contents
 * @throws {RefusedLine}
 */
export async function* readDump(
  input: AsyncIterable<Uint8Array>,
  maxEventBytes: number,
): AsyncGenerator<DumpRecord & { line: number }, void> {
  const reader = new DumpReader(Math.min(maxEventBytes, MAX_CONTENTS_BYTES));
  let line = 1;
  try {
    for await (const bytes of linesOf(input, MAX_ESCAPE_BYTES * maxEventBytes + MAX_OTHER_BYTES)) {
      const read = reader.read(bytes);
      if (read !== undefined) yield { ...read, line };
      line++;
    }
    reader.close();
  } catch (error) {
    throw error instanceof Refusal ? new RefusedLine(line, error.message) : error;
  }
}

/** Without line feeds. The last line need not end with one. */
async function* linesOf(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array, void> {
  let begin: Uint8Array[] = []; // of a line whose end has not arrived
  let length = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield begin.length === 0 ? chunk.subarray(start, end) : concatBytes(...begin, chunk.subarray(start, end));
      begin = [];
      length = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    begin.push(chunk.slice(start));
    length += chunk.length - start;
    if (length > maxBytes) {
      throw new Refusal(`it has more than ${maxBytes} bytes, the most that --max-event-bytes allows`);
    }
  }
  if (begin.length > 0) yield concatBytes(...begin);
}

/** By what the events of a queue are sorted. */
interface EventOrder extends Pick<EventRecord, "id" | "dueAt" | "group"> {
  state: typeof STATES[number];
}

class DumpReader {
  readonly totals: DumpTotals = { queues: 0, timetables: 0, events: 0, done: 0 };
  readonly #maxEventBytes: number;
  #isFirst = true;
  #hasEnded = false;
  #queue: Uint8Array | undefined;
  #remembers = false;
  /** The queue has had neither settings nor events. */
  #isEmpty = false;
  #previous: EventOrder | undefined;
  /** Names of those of the queue. */
  #timetables: Uint8Array[] = [];
  #delays = new DelayOrder();

  /** @param maxEventBytes limit of an event's contents */
  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * Returns the record of a line, or undefined if it has none.
   * @throws {Error} why it is refused, as part of a sentence
   */
  read(line: Uint8Array): DumpRecord | undefined {
    const object = parseObject(line);
    if (this.#isFirst) {
      this.#isFirst = false;
      if (object.okq === undefined) throw new Refusal('it is no dump: the first line must begin with {"okq":"dump"');
      required(readFields(object, FIRST_FIELDS), ["okq", "version"]);
      return undefined;
    }
    if (this.#hasEnded) throw new Refusal('nothing may follow the line with "end"');
    if ("end" in object) return this.#end(object);
    if ("queue" in object) return this.#settings(object);
    if ("timetable" in object) return this.#timetable(object);
    if ("event" in object) return this.#event(object);
    throw new Refusal(`it must begin with "queue", "timetable", "event" or "end"`);
  }

  /** @throws {Error} the last line is missing */
  close(): void {
    if (this.#isFirst) throw new Refusal("there is nothing in it");
    if (!this.#hasEnded) throw new Refusal('the line with "end" is missing: the dump is not complete');
  }

  #end(object: Record<string, unknown>): undefined {
    this.#requireContents();
    const { end } = required(readFields(object, END_FIELDS), ["end"]);
    const totals = required(readFields(end, TOTAL_FIELDS), [...TOTALS]);
    for (const name of TOTALS) {
      if (totals[name] === this.totals[name]) continue;
      throw new Refusal(
        `it counts ${totals[name]} ${name}, and ${this.totals[name]} came before it: lines are missing`,
      );
    }
    this.#hasEnded = true;
  }

  #settings(object: Record<string, unknown>): DumpRecord {
    const { queue, policy = {}, pausedUntil = 0 } = required(readFields(object, QUEUE_FIELDS), ["queue"]);
    if (this.#queue !== undefined && compareBytes(this.#queue, queue) >= 0) {
      throw new Refusal(`queues must be sorted, and each is there once: "${printable(queue)}" follows`);
    }
    this.#requireContents();
    const fields = readFields(policy, POLICY_FIELDS);
    if (fields.deadQueue !== undefined && !canBeDeadQueue(fields.deadQueue, queue)) {
      throw new Refusal(
        `"${printable(fields.deadQueue)}" cannot be the dead queue: it must be another of the partition`,
      );
    }
    const whole: Policy = { ...DEFAULT_POLICY, ...fields };
    this.#queue = queue;
    this.#remembers = whole.rememberMs > 0;
    this.#isEmpty = isDefaultPolicy(whole) && pausedUntil === 0;
    this.#previous = undefined;
    this.#timetables = [];
    this.#delays = new DelayOrder();
    this.totals.queues++;
    return { queue, record: { state: "settings", policy: whole, pausedUntil } };
  }

  #timetable(object: Record<string, unknown>): DumpRecord {
    const queue = this.#requireQueue("timetable");
    const names = ["timetable", "expression", "zone", "nextAt", "contents"] as const;
    const { timetable: name, zone, nextAt, contents, ...fields } = required(readFields(object, TIMETABLE_FIELDS), [
      ...names,
    ]);
    const { lastAt = null, group = null, meta = null } = fields;
    if (this.#previous !== undefined) throw new Refusal("timetables must come before events");
    if (this.#timetables.length > 0 && compareBytes(this.#timetables.at(-1)!, name) >= 0) {
      throw new Refusal("timetables of a queue must be sorted, and each is there once");
    }
    if (this.#timetables.push(name) > MAX_TIMETABLES) {
      throw new Refusal(`a queue has at most ${MAX_TIMETABLES} timetables`);
    }
    this.#requireLength(contents);
    const expression = readSchedule(fields.expression, zone);
    this.#isEmpty = false;
    this.totals.timetables++;
    return { queue, record: { state: "timetable", name, expression, zone, group, meta, contents, nextAt, lastAt } };
  }

  #event(object: Record<string, unknown>): DumpRecord {
    const queue = this.#requireQueue("event");
    const { event: id, state, ...fields } = required(readFields(object, EVENT_FIELDS), ["event", "state"]);
    allow(fields, state, isDue(state), ["dueAt"]);
    allow(fields, state, state === "delayed", ["side"]);
    allow(fields, state, state !== "done", ["pushedAt", "contents"]);
    allow(fields, state, state === "done" ? false : undefined, [
      "failures",
      "reason",
      "expiresAt",
      "group",
      "outside",
      "meta",
    ]);
    const { dueAt = 0, group = null } = fields;
    this.#requireOrder({ id, state, dueAt, group });
    this.#isEmpty = false;
    if (state === "done") {
      if (!this.#remembers) throw new Refusal('a queue has events that are "done" only if its policy has "rememberMs"');
      this.totals.done++;
      return { queue, record: { state, id, dueAt } };
    }
    const { side = null, pushedAt = 0, failures = 0, reason = new Uint8Array(), expiresAt = null, meta = null } =
      fields;
    const { outside: isOutside = false, contents = new Uint8Array() } = fields;
    this.#requireLength(contents);
    if (reason.length > 0 && failures === 0) throw new Refusal('"reason" requires "failures"');
    if (group === null && (isOutside || state === "blocked")) throw new Refusal(`"group" is missing`);
    if (isOutside && state === "blocked") throw new Refusal('"outside" cannot be combined with "blocked"');
    this.totals.events++;
    const due = state === "delayed" ? this.#delays.next(dueAt) : dueAt;
    const known = { state, id, side, pushedAt, failures, reason, expiresAt, group, isOutside, meta, contents };
    return { queue, record: { ...known, dueAt: due } };
  }

  #requireQueue(what: string): Uint8Array {
    if (this.#queue === undefined) throw new Refusal(`a line with "queue" must come before those with "${what}"`);
    return this.#queue;
  }

  #requireLength({ length }: Uint8Array): void {
    if (length <= this.#maxEventBytes) return;
    throw new Refusal(`its contents have ${length} bytes, and --max-event-bytes allows ${this.#maxEventBytes}`);
  }

  /** No store has an empty queue. */
  #requireContents(): void {
    if (this.#isEmpty) throw new Refusal(`the queue "${printable(this.#queue!)}" before it holds nothing`);
  }

  /** That of records.ts: stores keep it only if lines have it. */
  #requireOrder(next: EventOrder): void {
    const previous = this.#previous;
    this.#previous = next;
    if (previous === undefined) return;
    const order = STATES.indexOf(next.state) - STATES.indexOf(previous.state);
    if (order < 0) {
      throw new Refusal(`events that are "${next.state}" must come before those that are "${previous.state}"`);
    }
    if (order > 0) return;
    const { state } = next;
    const byTime = isDue(state) ? next.dueAt - previous.dueAt : 0;
    if (byTime < 0) throw new Refusal(`events that are "${state}" must be sorted by "dueAt"`);
    if (byTime === 0 && (state === "processing" || state === "done")) {
      if (compareBytes(previous.id, next.id) > 0) {
        throw new Refusal(`events that are "${state}" with the same "dueAt" must be sorted by "event"`);
      }
    }
    if (state === "blocked" && compareBytes(previous.group!, next.group!) > 0) {
      throw new Refusal('events that are "blocked" must be sorted by "group"');
    }
  }
}

/** Returns the fields of a cron expression, with a space between two. */
function readSchedule(expression: string, zone: string): string {
  try {
    return new Schedule(expression, zone).expression;
  } catch (error) {
    if (!(error instanceof InvalidSchedule)) throw error;
    throw new Refusal(error.message);
  }
}

function isDue(state: string): boolean {
  return state === "processing" || state === "delayed" || state === "done";
}

/** Whether events in a state have some fields: always, never, or if undefined, as they like. */
function allow<T>(values: T, state: string, have: boolean | undefined, names: (keyof T)[]): void {
  for (const name of names) {
    if (have === true && values[name] === undefined) throw new Refusal(`"${String(name)}" is missing`);
    if (have === false && values[name] !== undefined) {
      throw new Refusal(`an event that is "${state}" has no "${String(name)}"`);
    }
  }
}
