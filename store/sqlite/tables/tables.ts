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
import { Clock } from "../database/clock.ts";
import { DeliveryLimits } from "./delivery_limits.ts";
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
  readonly limits: DeliveryLimits;
  readonly queues: QueueTable;
  readonly events: EventTable;
  readonly remembered: RememberedIds;

  constructor(
    db: DatabaseSync,
    counters: QueueCounters,
    onReady: (key: string, events: number) => void,
    onWait: (key: string, ms: number) => void = () => {},
  ) {
    this.policies = new PolicyTable(db);
    this.deadlines = new QueueDeadlines(db);
    this.groups = new GroupTable(db);
    this.limits = new DeliveryLimits(this.policies, this.clock);
    this.queues = new QueueTable(db, this.policies, this.deadlines, this.limits, counters, onReady, onWait);
    this.events = new EventTable(db, this);
    this.remembered = new RememberedIds(db, this.policies, this.clock);
  }

  /** Null resets all fields. */
  setPolicy(name: Uint8Array, change: Partial<Policy> | null): void {
    const key = keyOf(name);
    const before = this.policies.of(key);
    this.policies.change(name, change);
    const { groupLimit, maxProcessing, rate } = this.policies.of(key);
    if (rate !== before.rate) this.limits.empty(key);
    if (rate !== before.rate || maxProcessing !== before.maxProcessing) this.queues.announce(name);
    const queue = this.queues.find(name);
    if (queue !== undefined && groupLimit > before.groupLimit) this.groups.raised(queue.id);
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
    this.limits.onBegin();
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
    this.limits.onRollback();
    this.deadlines.onRollback();
    this.policies.onRollback();
  }

  afterCommit(): void {
    this.queues.afterCommit();
  }
}
