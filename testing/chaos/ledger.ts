/**
 * Records every push, delivery and acknowledgement of a run, and finds the broken guarantees among them.
 *
 * An event counts as stored from the first reply that says so: OK, or "duplicate" after an attempt with an unknown
 * outcome. From then on it must be delivered until it is acknowledged, and never after QACK returned 1. The counts:
 *
 *     lost            stored, never acknowledged (an unknown outcome counts as acknowledged), and not left in its queue
 *     doubled         delivered by a command that was sent after the 1 of its acknowledgement had arrived
 *     repushed        the same, but a push of the id with an unknown outcome, or a repeated one, may have taken effect
 *                     after the acknowledgement: the price of a retry, no fault of okq
 *     outOfOrder      delivered for the first time after an event that was pushed after it; see push_order.ts
 *     falseRefusals   okq answered "Nothing was done" to a push, and the next attempt is a duplicate
 *     corrupt         delivered with other contents, or never pushed
 *     reusedReceipts  two deliveries with one receipt: an attempt was not counted
 *     outOfTurn       delivered while as many others of its group as may be ready or leased, or more, were not gone; see
 *                     group_order.ts
 *     overLimit       delivered while as many events of its queue as max-processing allows, or more, were being processed
 *     overAttempts    delivered by its queue more often than max-attempts allows. Not if a push was repeated: its id may
 *                     have been in the dead queue already
 *
 * @module
 */
import { type Answer, outcomeOf } from "../client.ts";
import { type GroupDelivery, type Lease, outOfTurn, overLimit } from "./group_order.ts";
import { History, type Operation } from "./history.ts";
import { latePops, type Pop } from "./push_order.ts";
import {
  DEAD_QUEUES,
  GROUP_LIMITS,
  LEASE_SECONDS,
  LIMITED_QUEUE,
  MAX_ATTEMPTS,
  MAX_PROCESSING,
  ORDERED_QUEUES,
  STRICT_QUEUES,
} from "./queues.ts";
import { Stalls } from "./stalls.ts";

/** Times are in milliseconds of `performance.now()`. */
export interface Entry {
  readonly queue: string;
  /** Unique within a run. */
  readonly id: string;
  readonly group?: string;
  stored: boolean;
  /** Of its last push among those on the left of its queue; undefined after a push on the right. */
  position?: number;
  /** An attempt to push it may take effect until then. */
  pushedUntil: number;
  pushUnknown: boolean;
  deliveries: number;
  readonly receipts: Set<string>;
  /** The acknowledgement that returned 1. */
  acked?: { sentAt: number; repliedAt: number };
  /** When acknowledgements were sent, without those that certainly removed nothing. */
  readonly ackingAt: Set<number>;
  ackUnknown: boolean;
}

/** A push or an acknowledgement that has no answer yet. */
export interface Pending {
  readonly entry: Entry;
  readonly sentAt: number;
  readonly operation: Operation;
}

/** A command or a pipeline that takes events; one object for each, so that its deliveries are known to belong together. */
export interface Request {
  readonly sentAt: number;
}

export interface Delivery {
  entry: Entry;
  /** The event's queue, or its dead queue. */
  queue: string;
  id: string;
  receipt: string;
}

/** The counts; most are explained at the top of this file. */
export interface Counts {
  pushed: number;
  delivered: number;
  /** Beyond the first delivery of an event. */
  redelivered: number;
  /** Deliveries from dead queues. */
  dead: number;
  lost: number;
  doubled: number;
  repushed: number;
  outOfOrder: number;
  outOfTurn: number;
  overLimit: number;
  falseRefusals: number;
  corrupt: number;
  reusedReceipts: number;
  overAttempts: number;
  /** Answers with an unknown outcome. */
  unknown: number;
}

/** A delivery; the position of the event is known for certain in the end. */
type Taken = Omit<Pop, "position"> & { entry: Entry };

type GroupTaken = Omit<GroupDelivery, "member"> & Lease & { entry: Entry };

/** Stores round the times at which a lease begins and ends to milliseconds. */
const ROUNDING_MS = 2;

/** Of contents that are wrong, in the history. */
const SHOWN_CHARACTERS = 32;

/** Stores keep contents of this size apart. */
const LARGE_BYTES = 20_000;

export function contentsOf(id: string): string {
  const isLarge = id.charCodeAt(id.length - 1) % 8 === 0;
  return `contents of ${id} ${"x".repeat(isLarge ? LARGE_BYTES : id.length * 7 % 64)}`;
}

export class Ledger {
  readonly stalls: Stalls;
  /** Error replies that no client should see, with their number. */
  readonly unexpected: Map<string, number> = new Map();
  /** The first five suspicious events, for diagnosis. */
  readonly suspects: string[] = [];
  readonly #history: History;
  readonly #scenario: string;
  readonly #entries = new Map<string, Entry>();
  /** By ordered queue; their positions are known in the end. */
  readonly #pops = new Map(ORDERED_QUEUES.map((queue) => [queue, [] as Taken[]]));
  /** By grouped queue. */
  readonly #grouped = new Map(Object.keys(GROUP_LIMITS).map((queue) => [queue, [] as GroupTaken[]]));
  #pushes = 0;
  readonly #counts: Counts = {
    ...{
      pushed: 0,
      delivered: 0,
      redelivered: 0,
      dead: 0,
      lost: 0,
      doubled: 0,
      repushed: 0,
      outOfOrder: 0,
      outOfTurn: 0,
    },
    ...{ falseRefusals: 0, corrupt: 0, reusedReceipts: 0, overAttempts: 0, overLimit: 0, unknown: 0 },
  };

  /**
   * @param queues that are pushed to
   * @param scenario is part of the events' names in the history
   */
  constructor(queues: readonly string[], history: History = new History(), scenario = "test") {
    this.stalls = new Stalls(queues);
    this.#history = history;
    this.#scenario = scenario;
  }

  /** Must be called before the event's first push. */
  enter(queue: string, id: string, group?: string): Entry {
    const entry = {
      ...{ queue, id, group, stored: false, pushedUntil: 0, pushUnknown: false },
      ...{ deliveries: 0, receipts: new Set<string>(), ackingAt: new Set<number>(), ackUnknown: false },
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Must be called before each push of an event, in the order in which the queue's only producer sends them. */
  pushing(entry: Entry, side: "left" | "right"): Pending {
    entry.position = side === "left" ? this.#pushes++ : undefined;
    return this.#pending("enqueue", entry, performance.now());
  }

  /** Returns whether the event is known to be stored. */
  pushed({ entry, operation }: Pending, answer: Answer): boolean {
    const duplicate = answer === `-ERR duplicate event ${entry.id}`;
    if (duplicate && !entry.pushUnknown) this.#suspect("falseRefusals", entry);
    if (duplicate || answer === "+OK") {
      entry.stored = true;
      entry.pushedUntil = Math.max(entry.pushedUntil, performance.now());
      this.stalls.pushed(entry.queue);
      this.#history.complete(operation, "ok");
      return true;
    }
    const nothingDone = this.#outcome(answer) === "nothing done";
    this.#history.complete(operation, nothingDone ? "fail" : "info");
    if (!nothingDone) {
      entry.pushUnknown = true;
      entry.pushedUntil = Infinity; // the push may be delayed anywhere on its way
    }
    return false;
  }

  /** Records a delivery by a QRPOP; returns the event's entry unless it is corrupt. */
  delivered(id: string, contents: string, request: Request, attempt?: number): Entry | undefined {
    const entry = this.#entries.get(id);
    if (!entry || contents !== contentsOf(id)) {
      this.#counts.corrupt++;
      const value = `${this.#scenario} ${id}: ${contents.slice(0, SHOWN_CHARACTERS)}`;
      this.#history.complete(this.#history.invoke("dequeue", value), "ok");
      return undefined;
    }
    this.#counts.delivered++;
    const { sentAt } = request;
    const first = ++entry.deliveries === 1 && attempt === 1;
    if (entry.deliveries > 1) this.#counts.redelivered++;
    const taken = { entry, sentAt, repliedAt: performance.now(), reply: request };
    this.#pops.get(entry.queue)?.push({ ...taken, first });
    this.#grouped.get(entry.queue)?.push({ ...taken, until: sentAt + LEASE_SECONDS * 1000 - ROUNDING_MS });
    if (entry.acked && sentAt > entry.acked.repliedAt) {
      this.#suspect(entry.pushedUntil > entry.acked.sentAt ? "repushed" : "doubled", entry);
    }
    return entry;
  }

  /** Records a row of the reply to a QCLAIM. */
  claimed(row: unknown[], request: Request): Delivery | undefined {
    const [queue, id, contents, attempt, receipt] = row.map(String);
    const entry = this.delivered(id, contents, request, Number(attempt));
    if (!entry) return undefined;
    const key = `${queue} ${receipt}`;
    if (entry.receipts.has(key)) this.#suspect("reusedReceipts", entry);
    entry.receipts.add(key);
    if (DEAD_QUEUES.includes(queue)) this.#counts.dead++;
    const tooOften = STRICT_QUEUES.includes(queue) && Number(attempt) > MAX_ATTEMPTS;
    if (tooOften && !entry.pushUnknown) this.#suspect("overAttempts", entry);
    return { entry, queue, id, receipt };
  }

  /** Must be called before an event is given back. */
  settling(entry: Entry): void {
    const now = performance.now();
    const deliveries = this.#grouped.get(entry.queue)?.filter((delivery) => delivery.entry === entry) ?? [];
    for (const delivery of deliveries) delivery.until = Math.min(delivery.until, now);
  }

  /** Must be called before an event is acknowledged. */
  acking(entry: Entry, sentAt: number): Pending {
    this.settling(entry);
    entry.ackingAt.add(sentAt);
    return this.#pending("dequeue", entry, sentAt);
  }

  /** Returns whether the outcome is known. */
  acked({ entry, sentAt, operation }: Pending, answer: Answer): boolean {
    if (answer === 1) entry.acked = { sentAt, repliedAt: performance.now() };
    const known = answer === 1 || answer === 0;
    const nothingDone = answer === 0 || !known && this.#outcome(answer) === "nothing done";
    if (nothingDone) entry.ackingAt.delete(sentAt);
    else if (!known) entry.ackUnknown = true;
    this.#history.complete(operation, answer === 1 ? "ok" : nothingDone ? "fail" : "info");
    return known;
  }

  /** Must be called once, when all is over. @param empty whether no event is left */
  drained(empty: boolean): void {
    const gone = [...this.#entries.values()].filter(({ acked, ackUnknown }) => !acked && ackUnknown);
    const events = gone.map((entry) => this.#value(entry));
    this.#history.complete(this.#history.invoke("drain", null), empty ? "ok" : "fail", empty ? events : null);
  }

  replied(answer: Answer): void {
    this.#outcome(answer);
  }

  /** @param left number of events that are still in the queues */
  counts(left = 0): Counts {
    const stored = [...this.#entries.values()].filter(({ stored }) => stored);
    const unacknowledged = stored.filter(({ acked, ackUnknown }) => !acked && !ackUnknown);
    if (left === 0) { for (const entry of unacknowledged) this.#suspect("lost", entry); }
    const late = [...this.#pops.values()].flatMap((pops) => this.#late(pops));
    for (const { entry } of late) this.#suspect("outOfOrder", entry);
    for (const [queue, deliveries] of this.#grouped) {
      for (const { entry } of this.#outOfTurn(queue, deliveries)) this.#suspect("outOfTurn", entry);
    }
    const excess = overLimit(this.#grouped.get(LIMITED_QUEUE)!, MAX_PROCESSING);
    for (const { entry } of excess) this.#suspect("overLimit", entry);
    return { ...this.#counts, pushed: stored.length, lost: Math.max(0, unacknowledged.length - left) };
  }

  /** A push with an unknown outcome may take effect at any time, and its event may be anywhere. */
  #late(pops: Taken[]): Taken[] {
    const ordered = pops.filter(({ entry }) => entry.position !== undefined && !entry.pushUnknown);
    return latePops(ordered.map((pop) => ({ ...pop, position: pop.entry.position! })));
  }

  /** An event whose push has an unknown outcome may be anywhere in the line of its group. */
  #outOfTurn(queue: string, taken: GroupTaken[]): GroupTaken[] {
    const members = new Map(
      [...this.#entries.values()].filter((entry) => entry.queue === queue && entry.stored).map((entry) => [entry, {
        group: entry.group,
        position: entry.pushUnknown ? undefined : entry.position,
        goneSince: Math.min(Infinity, ...entry.ackingAt),
      }]),
    );
    const deliveries = taken.flatMap((delivery) => {
      const member = members.get(delivery.entry);
      return member ? [{ ...delivery, member }] : [];
    });
    const groups = new Set(deliveries.map(({ entry }) => entry.group));
    return [...groups].flatMap((group) =>
      outOfTurn(
        [...members.values()].filter((member) => member.group === group),
        deliveries.filter(({ entry }) => entry.group === group),
        GROUP_LIMITS[queue],
      )
    );
  }

  #pending(f: "enqueue" | "dequeue", entry: Entry, sentAt: number): Pending {
    return { entry, sentAt, operation: this.#history.invoke(f, this.#value(entry)) };
  }

  /** Names the event in the history. */
  #value({ queue, id }: Entry): string {
    return `${this.#scenario} ${queue} ${id}`;
  }

  #outcome(answer: Answer) {
    const outcome = outcomeOf(answer);
    if (outcome === "unknown") this.#counts.unknown++;
    if (outcome === "unexpected") this.unexpected.set(`${answer}`, (this.unexpected.get(`${answer}`) ?? 0) + 1);
    return outcome;
  }

  #suspect(count: keyof Counts, entry: Entry): void {
    this.#counts[count]++;
    if (count !== "repushed" && this.suspects.length < 5) {
      this.suspects.push(
        `${count}: ${JSON.stringify({ ...entry, receipts: [...entry.receipts], ackingAt: [...entry.ackingAt] })}`,
      );
    }
  }
}
