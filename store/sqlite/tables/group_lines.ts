/**
 * The lines of groups: which of their events hold a place, and which are blocked until one is free.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { bytesOfKey } from "../../bytes.ts";
import { BLOCKED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import type { Clock } from "../database/clock.ts";
import type { QueueDeadlines } from "./deadlines.ts";
import type { GroupTable } from "./group_table.ts";
import type { PolicyTable } from "./policy_table.ts";
import type { QueueEntry, QueueTable } from "./queue_table.ts";
import type { Membership } from "./write_buffer.ts";

/** Expired events removed from lines in one transaction. */
const MAX_EXPIRED_PASSED = 250;

type BlockedRow = [seq: number, expires: number | null, id: Uint8Array, bigBytes: number];

interface BlockedEvent extends Membership {
  seq: number;
  state: number;
  bigBytes: number;
}

/** What the lines need of the other tables. */
export interface OtherTables {
  queues: QueueTable;
  policies: PolicyTable;
  groups: GroupTable;
  clock: Clock;
  deadlines: QueueDeadlines;
  events: {
    expire(queue: QueueEntry, id: Uint8Array, found: BlockedEvent): void;
    mustWait(found: BlockedEvent): boolean;
  };
}

export class GroupLines {
  readonly #queues: QueueTable;
  readonly #policies: PolicyTable;
  readonly #groups: GroupTable;
  readonly #clock: Clock;
  readonly #events: OtherTables["events"];
  readonly #join;
  readonly #requeue;
  readonly #firstBlocked;
  #expiredPassed = 0;

  constructor(db: DatabaseSync, { queues, policies, groups, clock, events }: OtherTables) {
    this.#queues = queues;
    this.#policies = policies;
    this.#groups = groups;
    this.#clock = clock;
    this.#events = events;
    this.#join = prepare(db, "joinGroup");
    this.#requeue = prepare(db, "requeueEvent");
    this.#firstBlocked = prepare<BlockedRow>(db, "firstBlocked");
  }

  onBegin(): void {
    this.#expiredPassed = 0;
  }

  /** Whether a ready event may be delivered: not if the limit was lowered and others are still to be acknowledged. */
  mayDeliver(queue: QueueEntry, group: Uint8Array): boolean {
    return this.#groups.of(queue.id, group).out < this.#limitOf(queue);
  }

  /** The state of an event that joins a group now. */
  stateOnJoining(queue: QueueEntry, group: Uint8Array): number {
    const { ready, out, blocked } = this.#groups.of(queue.id, group);
    return blocked === 0 && ready + out < this.#limitOf(queue) ? READY : BLOCKED;
  }

  /** Has an event that was delayed by its push join its group. Returns whether it is ready. */
  join(queue: QueueEntry, seq: number, group: Uint8Array, position: number): boolean {
    const state = this.stateOnJoining(queue, group);
    this.#join.run(seq, state, position, this.#clock.now);
    this.#groups.change(queue.id, group, null, state);
    if (state === READY) this.#queues.addReady(queue, position);
    else this.#queues.addBlocked(queue, position);
    return state === READY;
  }

  /**
   * Has blocked events take the free places of their groups after the limit of a queue was raised.
   *
   * @param max looks at so many groups and events; fewer if all is done
   */
  fillPlaces(queue: QueueEntry, max: number): { seen: number; ready: number } {
    const done = { seen: 0, ready: 0 };
    let pass = false;
    for (; done.seen < max; done.seen++) {
      const key = this.#groups.nextGroup(queue.id, pass);
      if (key === undefined) break;
      pass = !this.promote(queue, bytesOfKey(key));
      if (!pass) done.ready++;
    }
    return done;
  }

  /** Has the first blocked event of a group become ready, if a place is free. Returns whether one did. */
  promote(queue: QueueEntry, group: Uint8Array): boolean {
    const { ready, out } = this.#groups.of(queue.id, group);
    if (ready + out >= this.#limitOf(queue)) return false;
    while (this.#groups.of(queue.id, group).blocked > 0) {
      const [seq, expires, id, bigBytes] = this.#firstBlocked.get(queue.id, group)!;
      const found = { seq, state: BLOCKED, bigBytes, group, turn: 0 };
      // Past the limit an expired one becomes ready, and is removed like any other.
      if (
        this.#clock.hasReached(expires) && !this.#events.mustWait(found) && this.#expiredPassed++ < MAX_EXPIRED_PASSED
      ) {
        this.#events.expire(queue, id, found);
        continue;
      }
      const position = queue.leftmost - 1;
      this.#requeue.run(seq, READY, position, this.#clock.now, 0, null);
      this.#groups.change(queue.id, group, BLOCKED, READY);
      this.#queues.subtract(queue, BLOCKED);
      this.#queues.addReady(queue, position);
      return true;
    }
    return false;
  }

  /** Returns a ready event to the line of its group. */
  block(queue: QueueEntry, seq: number, group: Uint8Array, turn: number): void {
    this.#requeue.run(seq, BLOCKED, turn, this.#clock.now, 0, null);
    this.#groups.change(queue.id, group, READY, BLOCKED);
    this.#queues.subtract(queue, READY);
    this.#queues.addBlocked(queue, turn);
  }

  #limitOf(queue: QueueEntry): number {
    return this.#policies.of(queue.key).groupLimit;
  }
}
