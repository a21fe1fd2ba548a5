/**
 * The embedded store: one SQLite file, or memory.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { giveWay, slicesOf } from "../../core/util/slices.ts";
import { keyOf } from "../bytes.ts";
import type { ConsistencyReport } from "../consistency.ts";
import { QueueCounters, type QueueCounts } from "../counters.ts";
import { MAX_CLAIM_BYTES } from "../limits.ts";
import { ReadyListeners } from "../ready_listeners.ts";
import type { Policy } from "../policy.ts";
import type {
  BuryResult,
  Claimed,
  Delivery,
  DueTimetable,
  Event,
  EventDetails,
  EventPage,
  EventState,
  FireResult,
  MoveEventResult,
  MoveResult,
  NackOptions,
  PushOptions,
  QueueStatus,
  Reclaimed,
  Side,
  Store,
  StoreOptions,
  Timetable,
  TimetableInfo,
} from "../store.ts";
import { checkConsistency } from "./consistency.ts";
import { MEMORY, openDatabase } from "./database/database.ts";
import { FileGuard } from "./database/file_guard.ts";
import { AGAIN, GroupCommit } from "./database/group_commit.ts";
import { MAX_TIME_MS } from "./database/layout.ts";
import { openReserve, reservePath } from "./database/reserve.ts";
import { EventOperations } from "./operations/events.ts";
import { Inspection } from "./operations/inspection.ts";
import { Redelivery } from "./operations/redelivery.ts";
import { TimetableOperations } from "./operations/timetables.ts";
import { Transfers } from "./operations/transfers.ts";
import { Reclaimer } from "./reclaimer.ts";
import { CheckpointHold } from "./database/backup_lock.ts";
import { Cleanup } from "./cleanup.ts";
import { ConsumerTable } from "./consumer_table.ts";
import { totalOf } from "./tables/queue_table.ts";
import { Tables } from "./tables/tables.ts";

/** Names of queues read in one transaction. */
const NAMES_PER_STEP = 1000;

/** Timetables read in one transaction. */
const TIMETABLES_PER_STEP = 100;

const MINUTE_MS = 60_000;

/**
 * Opens or creates the store in a file, which it owns until it is closed; `:memory:` opens one that ends then. No
 * operation waits for a disk that fails: it rejects at once.
 *
 * @throws {Error} one line: the file is in use, is not an okq store, has another layout, or cannot be opened
 */
export function openSqliteStore(path: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return new Promise((resolve) => resolve(new SqliteStore(path, options)));
}

class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #listeners = new ReadyListeners();
  readonly #consumers = new ConsumerTable();
  readonly durability: string;
  readonly appendOnly: boolean;
  readonly #counters: QueueCounters;
  readonly #tables: Tables;
  readonly #events: EventOperations;
  readonly #transfers: Transfers;
  readonly #redelivery: Redelivery;
  readonly #inspection: Inspection;
  readonly #timetables: TimetableOperations;
  readonly #commit: GroupCommit;
  readonly #checkpointHold: CheckpointHold | undefined;
  readonly #reclaimer: Reclaimer;
  readonly #maxClaimBytes: number;
  #closed?: Promise<void>;

  constructor(path: string, options: Partial<StoreOptions>) {
    const { report = () => {}, observe, onDead, readOnly, maxClaimBytes = MAX_CLAIM_BYTES } = options;
    this.appendOnly = path !== MEMORY;
    this.durability = path === MEMORY ? "OK means in memory, until okq ends" : "OK means on disk (synchronous=FULL)";
    this.#counters = new QueueCounters(onDead);
    const isFile = path !== MEMORY && !readOnly;
    // First, because opening another file under this name would apply the write-ahead log of the one that was there.
    const reserve = isFile ? openReserve(path) : undefined;
    let db;
    try {
      db = openDatabase(path, readOnly);
    } catch (error) {
      reserve?.close();
      throw error;
    }
    const guard = isFile ? new FileGuard(path, report) : undefined;
    if (isFile && reserve === undefined) {
      report(
        "warn",
        `If the disk becomes full, nothing can be taken or acknowledged: okq cannot write its reserve, ` +
          `"${reservePath(path)}"; --allow-write must name it`,
      );
    }
    this.#db = db;
    this.#maxClaimBytes = maxClaimBytes;
    this.#tables = new Tables(
      db,
      this.#counters,
      (key, events) => this.#listeners.notify(key, events),
      (key, ms) => this.#listeners.notifyAfter(key, ms),
    );
    this.#events = new EventOperations(this.#tables);
    this.#transfers = new Transfers(db, this.#tables);
    this.#redelivery = new Redelivery(db, this.#tables, this.#transfers);
    this.#inspection = new Inspection(db, this.#tables);
    this.#timetables = new TimetableOperations(db, this.#events);
    this.#commit = new GroupCommit(db, this.#tables, report, observe, { reserve, guard });
    this.#checkpointHold = isFile ? new CheckpointHold(db, path) : undefined;
    this.#reclaimer = new Reclaimer(this.#commit, this.#tables, this.#redelivery, new Cleanup(db, this.#tables));
  }

  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean> {
    return this.#commit.run(() => this.#events.push(queue, id, contents, side, options), queue, true);
  }

  peek(queue: Uint8Array, side: Side): Promise<Event | null> {
    return this.#commit.run(() => this.#events.peek(queue, side), queue);
  }

  pop(queue: Uint8Array, leaseMs?: number): Promise<Event | null> {
    return this.#commit.run(() => this.#events.pop(queue, leaseMs), queue);
  }

  claim(queue: Uint8Array, count: number, leaseMs?: number, maxBytes = this.#maxClaimBytes): Promise<Claimed[]> {
    return this.#commit.run(() => this.#events.claim(queue, count, leaseMs, maxBytes), queue);
  }

  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#events.ack(queue, id, receipt), queue);
  }

  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#redelivery.redo(queue, id, receipt), queue);
  }

  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#redelivery.release(queue, id, receipt), queue);
  }

  nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options?: NackOptions): Promise<number> {
    return this.#commit.run(() => this.#redelivery.nack(queue, id, receipt, options), queue);
  }

  bury(queue: Uint8Array, id: Uint8Array): Promise<BuryResult> {
    return this.#commit.run(() => this.#transfers.bury(queue, id), queue);
  }

  endDelay(queue: Uint8Array, id: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#redelivery.endDelay(queue, id), queue);
  }

  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#redelivery.touch(queue, id, leaseMs, receipt), queue);
  }

  pushAll(queue: Uint8Array, events: Event[], side: Side, options?: PushOptions): Promise<Uint8Array | null> {
    return this.#commit.run(() => this.#events.pushAll(queue, events, side, options), queue, true, events.length);
  }

  ackAll(queue: Uint8Array, deliveries: Delivery[]): Promise<number> {
    return this.#commit.run(() => this.#events.ackAll(queue, deliveries), queue, false, deliveries.length);
  }

  flush(queue: Uint8Array): Promise<void> {
    return this.#commit.run(() => this.#events.flush(queue), queue);
  }

  ready(queue: Uint8Array): Promise<number> {
    return this.#commit.run(() => this.#ready(queue), queue);
  }

  async findReady(queues: Uint8Array[], onReady: (queue: Uint8Array, events: number) => void): Promise<void> {
    for (const slice of slicesOf(queues)) {
      const counts = await this.#commit.run(() => slice.map((queue) => this.#ready(queue)));
      counts.forEach((events, i) => events > 0 && onReady(slice[i], events));
    }
  }

  async status(queue: Uint8Array): Promise<QueueStatus> {
    const status = await this.#commit.run(() => {
      const found = this.#tables.queues.find(queue);
      if (found !== undefined && !this.#tables.events.expireAtEnd(found, "right")) return AGAIN;
      return {
        queue,
        total: found ? totalOf(found) : 0,
        processing: found?.leased ?? 0,
        consumers: this.#consumers.count(queue),
        ready: found?.ready ?? 0,
        delayed: found?.delayed ?? 0,
        oldestMs: found ? this.#inspection.oldestMs(found) : 0,
        paused: this.#tables.policies.isPaused(keyOf(queue)),
        blocked: found?.blocked ?? 0,
        limited: found !== undefined && this.#tables.queues.isLimited(found),
      };
    }, queue);
    // Read last, to include that transaction.
    return { ...status, ...this.#counters.of(queue) };
  }

  counts(): QueueCounts {
    return { ...this.#counters.total };
  }

  /** In steps, between which others are served. A queue that is active from the first to the last is returned. */
  async active(): Promise<Uint8Array[]> {
    const found = new Map<string, Uint8Array>();
    const pause = giveWay();
    for (let step: [number, Uint8Array][], after = 0;; after = step.at(-1)![0]) {
      step = await this.#commit.run(() => this.#tables.queues.namesAfter(after, NAMES_PER_STEP));
      for (const [, name] of step) found.set(keyOf(name), name);
      if (step.length < NAMES_PER_STEP) break;
      await pause();
    }
    for (let step: Uint8Array[], after = new Uint8Array();; after = step.at(-1)!.slice()) {
      step = await this.#commit.run(() => this.#timetables.queuesAfter(after, NAMES_PER_STEP));
      for (const name of step) found.set(keyOf(name), name);
      if (step.length < NAMES_PER_STEP) break;
      await pause();
    }
    const others = await this.#commit.run(() => [...this.#consumers.names(), ...this.#tables.policies.names()]);
    for (const slice of slicesOf(others)) {
      for (const name of slice) found.set(keyOf(name), name);
      await pause();
    }
    return [...found.values()];
  }

  register(queue: Uint8Array, consumers: number): Promise<void> {
    return this.#commit.run(() => this.#consumers.register(queue, consumers), queue);
  }

  /** No other okq has consumers here, and none of them is forgotten. */
  renew(): Promise<void> {
    return Promise.resolve();
  }

  forgetDead(): Promise<void> {
    return Promise.resolve();
  }

  reclaim(): Promise<Reclaimed> {
    this.#checkpointHold?.update(this.#commit.full);
    return this.#reclaimer.reclaim();
  }

  watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>> {
    const unwatch = this.#listeners.add(queue, onReady);
    return Promise.resolve(() => Promise.resolve(unwatch()));
  }

  policy(queue: Uint8Array): Promise<Policy> {
    return this.#commit.run(() => ({ ...this.#tables.policies.of(keyOf(queue)) }), queue);
  }

  setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void> {
    return this.#commit.run(() => this.#tables.setPolicy(queue, change), queue);
  }

  pause(queue: Uint8Array, forMs: number): Promise<void> {
    return this.#commit.run(
      () => this.#tables.policies.pause(queue, forMs > 0 ? this.#tables.clock.after(forMs) : MAX_TIME_MS),
      queue,
    );
  }

  resume(queue: Uint8Array): Promise<void> {
    return this.#commit.run(() => {
      if (this.#tables.policies.resume(queue)) this.#tables.queues.announce(queue);
    }, queue);
  }

  move(source: Uint8Array, destination: Uint8Array, count: number, skip: number): Promise<MoveResult> {
    return this.#commit.run(() => this.#transfers.move(source, destination, count, skip), source);
  }

  moveEvent(source: Uint8Array, destination: Uint8Array, id: Uint8Array): Promise<MoveEventResult> {
    return this.#commit.run(() => this.#transfers.moveEvent(source, destination, id), source);
  }

  time(): Promise<number> {
    return Promise.resolve(Date.now());
  }

  get minute(): number {
    return Math.floor(Date.now() / MINUTE_MS);
  }

  setTimetable(timetable: Timetable): Promise<boolean> {
    return this.#commit.run(() => this.#timetables.set(timetable), timetable.queue, true);
  }

  deleteTimetable(queue: Uint8Array, name: Uint8Array): Promise<boolean> {
    return this.#commit.run(() => this.#timetables.delete(queue, name), queue);
  }

  timetable(queue: Uint8Array, name: Uint8Array): Promise<Timetable | null> {
    return this.#commit.run(() => this.#timetables.get(queue, name), queue);
  }

  async timetables(queue?: Uint8Array): Promise<TimetableInfo[]> {
    if (queue !== undefined) return await this.#commit.run(() => this.#timetables.ofQueue(queue), queue);
    const found: TimetableInfo[] = [];
    const first = { queue: new Uint8Array(), name: new Uint8Array() };
    for (const pause = giveWay();; await pause()) {
      const { queue, name } = found.at(-1) ?? first;
      const step = await this.#commit.run(() => this.#timetables.after(queue, name, TIMETABLES_PER_STEP));
      found.push(...step);
      if (step.length < TIMETABLES_PER_STEP) return found;
    }
  }

  dueTimetables(): Promise<DueTimetable[]> {
    return this.#commit.run(() => this.#timetables.due(TIMETABLES_PER_STEP));
  }

  fireTimetable(queue: Uint8Array, name: Uint8Array, due: number, id: Uint8Array, next: number): Promise<FireResult> {
    return this.#commit.run(() => this.#timetables.fire(queue, name, due, id, next), queue, true);
  }

  list(
    queue: Uint8Array,
    state: EventState | undefined,
    cursor: string,
    count: number,
    from: Side = "right",
  ): Promise<EventPage> {
    return this.#commit.run(() => this.#inspection.list(queue, state, cursor, count, from), queue);
  }

  get(queue: Uint8Array, id: Uint8Array, maxBytes = Infinity): Promise<EventDetails | null> {
    return this.#commit.run(() => this.#inspection.get(queue, id, maxBytes), queue);
  }

  check(): Promise<ConsistencyReport> {
    return new Promise((resolve) => resolve(checkConsistency(this.#db)));
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  #ready(queue: Uint8Array): number {
    const found = this.#tables.queues.find(queue);
    return found === undefined ? 0 : this.#tables.queues.deliverable(found);
  }

  async #close(): Promise<void> {
    await this.#reclaimer.stop();
    this.#listeners.close();
    this.#commit.close();
    try {
      // Leaves one file to copy.
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The disk is full: the next opening reads the write-ahead log beside the file.
    }
    this.#db.close();
  }
}
