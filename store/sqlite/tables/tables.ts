/**
 * All tables, and their part in each transaction.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import type { QueueCounters } from "../../counters.ts";
import type { Policy } from "../../policy.ts";
import type { TransactionListener } from "../database/group_commit.ts";
import { Clock } from "./clock.ts";
import { QueueDeadlines } from "./deadlines.ts";
import { EventTable } from "./event_table.ts";
import { GroupTable } from "./group_table.ts";
import { PolicyTable } from "./policy_table.ts";
import { QueueTable } from "./queue_table.ts";
import { RememberedIds } from "./remembered_ids.ts";

export class Tables implements TransactionListener {
  readonly clock: Clock = new Clock();
  readonly deadlines: QueueDeadlines;
  readonly policies: PolicyTable;
  readonly groups: GroupTable;
  readonly queues: QueueTable;
  readonly events: EventTable;
  readonly remembered: RememberedIds;

  constructor(db: DatabaseSync, counters: QueueCounters, onReady: (key: string, events: number) => void) {
    this.policies = new PolicyTable(db);
    this.deadlines = new QueueDeadlines(db);
    this.groups = new GroupTable(db);
    this.queues = new QueueTable(db, this.policies, this.deadlines, counters, onReady);
    this.events = new EventTable(db, this);
    this.remembered = new RememberedIds(db, this.policies, this.clock);
  }

  /** Null resets all fields. */
  setPolicy(name: Uint8Array, change: Partial<Policy> | null): void {
    const key = keyOf(name);
    const before = this.policies.of(key);
    this.policies.change(name, change);
    const queue = this.queues.find(name);
    if (queue !== undefined && this.policies.of(key).groupLimit > before.groupLimit) this.groups.raised(queue.id);
  }

  get full(): boolean {
    return this.events.full;
  }

  get bytesWritten(): number {
    return this.events.bytesWritten;
  }

  onBegin(paused: boolean): void {
    this.clock.tick();
    this.events.onBegin(paused);
    this.queues.onBegin();
    this.groups.onBegin();
    this.deadlines.onBegin();
    for (const name of this.policies.endPauses(this.clock.now)) this.queues.announce(name);
  }

  beforeCommit(): boolean {
    this.events.flush();
    return this.queues.save();
  }

  onRollback(): void {
    this.events.onRollback();
    this.queues.onRollback();
    this.groups.onRollback();
    this.deadlines.onRollback();
    this.policies.onRollback();
  }

  afterCommit(): void {
    this.queues.afterCommit();
  }
}
