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
import type { Group, GroupTable } from "./group_table.ts";
import type { PolicyTable } from "./policy_table.ts";
import type { QueueEntry, QueueTable } from "./queue_table.ts";
import type { Membership, WriteBuffer } from "./write_buffer.ts";

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
  readonly #deadlines: QueueDeadlines;
  readonly #buffer: WriteBuffer;
  readonly #events: OtherTables["events"];
  readonly #join;
  readonly #requeue;
  readonly #blocked;
  #expiredPassed = 0;

  constructor(db: DatabaseSync, buffer: WriteBuffer, tables: OtherTables) {
    const { queues, policies, groups, clock, deadlines, events } = tables;
    this.#buffer = buffer;
    this.#deadlines = deadlines;
    this.#queues = queues;
    this.#policies = policies;
    this.#groups = groups;
    this.#clock = clock;
    this.#events = events;
    this.#join = prepare(db, "joinGroup");
    this.#requeue = prepare(db, "requeueEvent");
    this.#blocked = prepare<BlockedRow>(db, "blockedEvent");
  }

  onBegin(): void {
    this.#expiredPassed = 0;
  }

  /** Whether a ready event may be delivered: not if the limit was lowered and others are still to be acknowledged. */
  mayDeliver(queue: QueueEntry, group: Group): boolean {
    return group.out < this.#limitOf(queue);
  }

  /** The state of an event that joins a group now. */
  stateOnJoining(queue: QueueEntry, { ready, out, line }: Group): number {
    return line.size === 0 && ready + out < this.#limitOf(queue) ? READY : BLOCKED;
  }

  /** Has an event that was delayed by its push join its group. Returns whether it is ready. */
  join(queue: QueueEntry, seq: number, key: Uint8Array, position: number): boolean {
    const group = this.#groups.of(queue.id, key);
    const state = this.stateOnJoining(queue, group);
    this.#join.run(seq, state, position, this.#clock.now);
    this.#groups.change(group, position, null, state);
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
      const group = this.#groups.nextGroup(queue.id, pass);
      if (group === undefined) break;
      pass = !this.promote(queue, group);
      if (!pass) done.ready++;
    }
    return done;
  }

  /** Has the first blocked event of a group become ready, if a place is free. Returns whether one did. */
  promote(queue: QueueEntry, group: Group): boolean {
    if (group.ready + group.out >= this.#limitOf(queue)) return false;
    for (let turn; (turn = group.line.first) !== undefined;) {
      if (this.#clock.hasReached(this.#deadlines.expiry.of(queue.id)) && this.#expire(queue, group, turn)) continue;
      const position = queue.leftmost - 1;
      this.#buffer.promote(queue.id, turn, position, this.#clock.now);
      this.#groups.change(group, turn, BLOCKED, READY);
      this.#queues.subtract(queue, BLOCKED);
      this.#queues.addReady(queue, position);
      return true;
    }
    return false;
  }

  /** Returns a ready event to the line of its group. */
  block(queue: QueueEntry, seq: number, group: Group, turn: number): void {
    this.#requeue.run(seq, BLOCKED, turn, this.#clock.now, 0, null);
    this.#groups.change(group, turn, READY, BLOCKED);
    this.#queues.subtract(queue, READY);
    this.#queues.addBlocked(queue, turn);
  }

  /**
   * Removes a blocked event if it has expired. Returns whether it did; not past the limits of a transaction, so that one
   * more becomes ready, and is removed like any other.
   */
  #expire(queue: QueueEntry, { key }: Group, turn: number): boolean {
    this.#buffer.writeEvents();
    const [seq, expires, id, bigBytes] = this.#blocked.get(queue.id, turn)!;
    const found = { seq, state: BLOCKED, bigBytes, group: bytesOfKey(key), turn };
    if (!this.#clock.hasReached(expires) || this.#events.mustWait(found)) return false;
    if (this.#expiredPassed++ >= MAX_EXPIRED_PASSED) return false;
    this.#events.expire(queue, id, found);
    return true;
  }

  #limitOf(queue: QueueEntry): number {
    return this.#policies.of(queue.key).groupLimit;
  }
}
