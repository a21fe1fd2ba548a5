/**
 * The ledger: what okq was told, what it answered, and what it owes.
 *
 * An event counts as stored from the first answer that says so: OK, or "duplicate" where an earlier attempt had no clear
 * outcome. Whoever was answered OK may expect the event to be delivered until somebody has acknowledged it, and never
 * again after an acknowledgement was answered with 1. Exactly:
 *
 *     lost      stored, never acknowledged (an acknowledgement without an answer may have been done and counts), and not
 *               in its queue in the end either, when all queues should be empty
 *     doubled   delivered by a QRPOP that was sent after the answer 1 to its acknowledgement had been received
 *     reborn    the same, but a push of the same id may have been done after the acknowledgement: an attempt whose outcome
 *               nobody knew was repeated, or came late. That is the price of retrying, and no mistake of okq's
 *     untrue    "Nothing was done" and yet the next attempt is a duplicate
 *     uncounted two deliveries with the same receipt: the attempt before was not counted
 *     undead    delivered by its queue more often than the queue's policy allows, so that it should be a dead letter; not
 *               if a push of it was repeated, for then its id may have been in the dead queue already
 *
 * @module
 */
import { type Answer, outcomeOf } from "../client.ts";
import { DEAD_QUEUES, MAX_ATTEMPTS, STRICT_QUEUES } from "./policies.ts";
import { Stalls } from "./stalls.ts";

/** An event on its way through okq. */
export interface Entry {
  /** The queue it is pushed to. */
  readonly queue: string;
  /** Its id, which no other event of a run has. */
  readonly id: string;
  /** Whether okq has said that it has it. */
  stored: boolean;
  /** Until when an attempt to push it may take effect, in milliseconds of `performance.now()`. */
  pushedUntil: number;
  /** Whether an attempt to push it had no clear outcome. */
  pushedPerhaps: boolean;
  /** How often it was delivered. */
  deliveries: number;
  /** The receipts of those deliveries that had one. */
  readonly receipts: Set<string>;
  /** When the acknowledgement that was answered with 1 was sent and answered. */
  acked?: { sentAt: number; answeredAt: number };
  /** Whether an acknowledgement had no clear outcome. */
  ackedPerhaps: boolean;
}

/** A delivery that can be told from others of the same event. */
export interface Delivery {
  /** What was delivered. */
  entry: Entry;
  /** From which queue: its own, or the dead queue of that. */
  queue: string;
  /** The event's id. */
  id: string;
  /** Names the delivery. */
  receipt: string;
}

/** The figures of a ledger. */
export interface Figures {
  /** Events that okq has said that it has. */
  pushed: number;
  /** Deliveries. */
  delivered: number;
  /** Deliveries beyond the first of an event. */
  redelivered: number;
  /** See above. */
  lost: number;
  /** See above. */
  doubled: number;
  /** See above. */
  reborn: number;
  /** See above. */
  untrue: number;
  /** Deliveries of what nobody pushed, or with other contents. */
  torn: number;
  /** Deliveries of dead letters. */
  dead: number;
  /** See above. */
  uncounted: number;
  /** See above. */
  undead: number;
  /** Answers without a clear outcome. */
  unknown: number;
}

/** The contents that an event is pushed with. */
export function contentsOf(id: string): string {
  return `contents of ${id} ${"x".repeat(id.length * 7 % 64)}`;
}

/** The ledger of one run. */
export class Ledger {
  /** How long nothing could be pushed. */
  readonly stalls: Stalls;
  /** Answers that no client should ever see. */
  readonly unexpected: Map<string, number> = new Map();
  readonly #entries = new Map<string, Entry>();
  readonly #count = {
    delivered: 0,
    redelivered: 0,
    doubled: 0,
    reborn: 0,
    untrue: 0,
    torn: 0,
    dead: 0,
    uncounted: 0,
    undead: 0,
    unknown: 0,
  };
  /** What was lost or doubled, for a closer look. */
  readonly suspects: string[] = [];

  /** @param queues that are pushed to */
  constructor(queues: readonly string[]) {
    this.stalls = new Stalls(queues);
  }

  /** A new event. */
  enter(queue: string, id: string): Entry {
    const entry = {
      queue,
      id,
      stored: false,
      pushedUntil: 0,
      pushedPerhaps: false,
      deliveries: 0,
      receipts: new Set<string>(),
      ackedPerhaps: false,
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** An attempt to push was answered, or never will be. Returns whether okq has the event now. */
  pushed(entry: Entry, answer: Answer): boolean {
    const now = performance.now();
    const duplicate = answer === `-ERR duplicate event ${entry.id}`;
    if (duplicate && !entry.pushedPerhaps) this.#suspect("untrue", entry);
    if (duplicate || answer === "+OK") {
      entry.stored = true;
      entry.pushedUntil = Math.max(entry.pushedUntil, now);
      this.stalls.ok(entry.queue);
      return true;
    }
    if (this.#outcome(answer) !== "nothing done") {
      entry.pushedPerhaps = true;
      entry.pushedUntil = Infinity; // it may have got stuck anywhere and arrive later
    }
    return false;
  }

  /** A QRPOP that was sent at `sentAt` brought an event. Returns its entry, if anybody has pushed it. */
  delivered(id: string, contents: string, sentAt: number): Entry | undefined {
    const entry = this.#entries.get(id);
    if (!entry || contents !== contentsOf(id)) {
      this.#count.torn++;
      return undefined;
    }
    this.#count.delivered++;
    if (++entry.deliveries > 1) this.#count.redelivered++;
    if (entry.acked && sentAt > entry.acked.answeredAt) {
      this.#suspect(entry.pushedUntil > entry.acked.sentAt ? "reborn" : "doubled", entry);
    }
    return entry;
  }

  /** The same for a row of the answer to a QCLAIM. */
  claimed(row: unknown[], sentAt: number): Delivery | undefined {
    const [queue, id, contents, , receipt] = row.map(String);
    const entry = this.delivered(id, contents, sentAt);
    if (!entry) return undefined;
    const delivery = `${queue} ${receipt}`;
    if (entry.receipts.has(delivery)) this.#suspect("uncounted", entry);
    entry.receipts.add(delivery);
    if (DEAD_QUEUES.includes(queue)) this.#count.dead++;
    const tooOften = STRICT_QUEUES.includes(queue) && Number(row[3]) > MAX_ATTEMPTS;
    if (tooOften && !entry.pushedPerhaps) this.#suspect("undead", entry);
    return { entry, queue, id, receipt };
  }

  /** An attempt to acknowledge was answered, or never will be. Returns whether its outcome is known. */
  acked(entry: Entry, sentAt: number, answer: Answer): boolean {
    if (answer === 1) entry.acked = { sentAt, answeredAt: performance.now() };
    if (answer === 1 || answer === 0) return true;
    if (this.#outcome(answer) !== "nothing done") entry.ackedPerhaps = true;
    return false;
  }

  /** Any other answer: errors that no client should see are kept. */
  heard(answer: Answer): void {
    this.#outcome(answer);
  }

  /** The events that were stored and that nobody has acknowledged. */
  unsettled(): Entry[] {
    return [...this.#entries.values()].filter(({ stored, acked, ackedPerhaps }) => stored && !acked && !ackedPerhaps);
  }

  /**
   * The figures.
   * @param left how many events are still in the queues
   */
  figures(left = 0): Figures {
    const unsettled = this.unsettled();
    const lost = Math.max(0, unsettled.length - left);
    if (left === 0) { for (const entry of unsettled) this.#suspect(undefined, entry); }
    const pushed = this.#entries.values().filter(({ stored }) => stored).reduce((count) => count + 1, 0);
    return { pushed, ...this.#count, lost };
  }

  #outcome(answer: Answer) {
    const outcome = outcomeOf(answer);
    if (outcome === "unknown") this.#count.unknown++;
    if (outcome === "unexpected") this.unexpected.set(`${answer}`, (this.unexpected.get(`${answer}`) ?? 0) + 1);
    return outcome;
  }

  #suspect(what: "doubled" | "reborn" | "untrue" | "uncounted" | "undead" | undefined, entry: Entry): void {
    if (what) this.#count[what]++;
    if (what !== "reborn" && this.suspects.length < 5) {
      this.suspects.push(`${what ?? "lost"}: ${JSON.stringify({ ...entry, receipts: [...entry.receipts] })}`);
    }
  }
}
