/**
 * The contract between okq and its store. Redis and SQLite implement it; `tests/store/contract/contract.ts` checks
 * both.
 *
 * Every method is one atomic step: other callers, and a restart after a crash, see all of its changes or none. Its
 * promise resolves when they are as durable as the store makes anything; one that never resolved leaves open whether
 * the step was done. Only the store's clock decides when leases, delays, times to live and pauses end.
 *
 * Producers push on the left, consumers pop from the right.
 *
 *     push ─────────────────────► ready ── pop, claim ──► leased ── ack ──► removed
 *      │                          ▲   ▲                   │ │ │
 *      └── with delay ► delayed ──┘   └─ redo, lease end ─┘ │ └── last attempt failed ► left end of the dead queue
 *                          ▲                                │
 *                          └───────── nack with backoff ────┘
 *
 * Of the events of one group, only as many as the queue's policy allows are ready or leased, or delayed after a failed
 * delivery: these hold the group's places. The others are blocked, in the order of their pushes. When an event that
 * holds a place is removed or moved, the group's next blocked event becomes ready at the left end, so that groups take
 * turns. Events that are delayed by their push join their group when they are due. A dead letter keeps its group, and
 * takes no place in the dead queue.
 *
 * Names, ids and contents are byte strings, never decoded. No method blocks: clients wait in `core/delivery/`.
 *
 * @module
 */
import type { ConsistencyReport } from "./consistency.ts";
import type { QueueCounts } from "./counters.ts";
import type { Policy } from "./policy.ts";
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
  Timetable,
  TimetableInfo,
} from "./types.ts";

export { InvalidCursor, QueueFull, StoreUnavailable } from "./errors.ts";
export type * from "./types.ts";

/** Called after each batch (a script call or a transaction), before its promises resolve. `ms` is its duration. */
export type BatchObserver = (operations: number, ms: number, failed: boolean) => void;

export interface StoreOptions {
  /** How long operations wait for a store that cannot be reached, in milliseconds. */
  timeoutMs: number;
  /** Called with a sentence when the store fails, and when it works again. */
  report(level: "info" | "warn", message: string): void;
  /** Called when events moved to a dead queue, with the key of the queue in which they died. */
  onDead?(key: string, events: number): void;
  observe?: BatchObserver;
  /** Writes nothing; then only `check` may be called. */
  readOnly?: boolean;
  /** Limit of contents that one claim delivers. Default: {@linkcode MAX_CLAIM_BYTES}. */
  maxClaimBytes?: number;
  /** Limit of an event's contents. */
  maxEventBytes?: number;
}

/** Every method may reject with {@linkcode StoreUnavailable}, which says whether the step may have been done. */
export interface Store {
  /** What an OK means with the present settings of the store, as a sentence without a period. */
  readonly durability: string;
  /** Whether every change is written to a file, as far as is known: what Redis calls append-only. */
  readonly appendOnly: boolean;

  /**
   * Adds an event at one end of a queue. Resolves to false, with nothing changed, if the queue holds the id in any
   * state.
   *
   * Delayed events enter at that end in the order of their times, then of their pushes. An event whose time to live has
   * ended is not delivered: it is removed, or if leased, removed in place of its return.
   *
   * @throws {QueueFull} if the policy of the queue allows no further event
   */
  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean>;

  /** Returns the ready event at one end, or null. Changes nothing. */
  peek(queue: Uint8Array, side: Side): Promise<Event | null>;

  /**
   * Adds up to {@linkcode MAX_TOGETHER} events like {@linkcode Store.push}, in this order: all, or none. Resolves to
   * null, or to the id of the first one that the queue holds or that is there twice; then nothing is changed.
   *
   * @throws {QueueFull} if not all of them are allowed
   */
  pushAll(queue: Uint8Array, events: Event[], side: Side, options?: PushOptions): Promise<Uint8Array | null>;

  /**
   * Delivers the right-most ready event, or null: leases it for `leaseMs` milliseconds, by default the policy's lease
   * time, or with 0 removes it for good.
   */
  pop(queue: Uint8Array, leaseMs?: number): Promise<Event | null>;

  /**
   * Delivers up to `count` events like {@linkcode Store.pop}, the right-most first, at most
   * {@linkcode MAX_CLAIM_COUNT}. Deliveries by pop count as attempts too.
   *
   * @param maxBytes limit of their contents together, by default `maxClaimBytes` of the store; one event is always
   *   delivered
   */
  claim(queue: Uint8Array, count: number, leaseMs?: number, maxBytes?: number): Promise<Claimed[]>;

  /**
   * Removes an event in any state; with a receipt only a leased one, and only during that delivery. Resolves to the
   * number removed, 0 or 1.
   */
  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number>;

  /** Removes up to {@linkcode MAX_TOGETHER} leased events whose deliveries are current. Resolves to their number. */
  ackAll(queue: Uint8Array, deliveries: Delivery[]): Promise<number>;

  /**
   * Returns a leased event to the right end. Resolves to 1, or to 0 if it is not leased or, with a receipt, leased by
   * another delivery.
   */
  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number>;

  /** Like redo, for a delivery that never reached a consumer: it does not count as an attempt. */
  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number>;

  /**
   * Like redo, for a failed delivery: delays the event and keeps the reason. After its last attempt the event moves to
   * the left end of the dead queue instead, with contents, attempts and reason, without its time to live; then it
   * resolves to 2. If the dead queue holds its id, it returns to its own queue.
   */
  nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options?: NackOptions): Promise<number>;

  /**
   * Moves an event in any state to the left end of the dead queue, as after its last attempt: with contents, attempts
   * and reason, without its time to live, also if the dead queue is full. Resolves to "absent" if the queue does not
   * hold it or its time to live has ended, and to "duplicate", with nothing done, if the dead queue holds its id or the
   * queue is its own dead queue.
   */
  bury(queue: Uint8Array, id: Uint8Array): Promise<BuryResult>;

  /**
   * Ends the delay of an event, which becomes ready with the next {@linkcode Store.reclaim}. Resolves to 1, or to 0 if
   * it is not delayed.
   */
  endDelay(queue: Uint8Array, id: Uint8Array): Promise<number>;

  /** Ends a lease `leaseMs` milliseconds from now, earlier or later than before. Resolves like redo. */
  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number>;

  /**
   * Moves up to `count` ready events, at most {@linkcode MAX_STEP_EVENTS}, one by one from the right end of a queue to
   * the left end of another of the same partition. They keep their time to live; their attempts start again at 0.
   *
   * Events whose id the destination holds are skipped; `skip` is their number in the steps before. Stops when the
   * destination is full. A step that neither moves nor skips is the last.
   */
  move(source: Uint8Array, destination: Uint8Array, count: number, skip: number): Promise<MoveResult>;

  /** Moves one event that is ready or delayed like {@linkcode Store.move}, where it becomes ready. */
  moveEvent(source: Uint8Array, destination: Uint8Array, id: Uint8Array): Promise<MoveEventResult>;

  /** Removes all events of a queue, in every state. Its policy, pause and timetables stay. */
  flush(queue: Uint8Array): Promise<void>;

  /** Stops deliveries and notifications, for `forMs` milliseconds or with 0 until resumed. All else continues. */
  pause(queue: Uint8Array, forMs: number): Promise<void>;

  resume(queue: Uint8Array): Promise<void>;

  /** Returns the policy of a queue, with the defaults of fields not set. */
  policy(queue: Uint8Array): Promise<Policy>;

  /** Changes fields of a policy; null resets all of them. Applies to leased events too. */
  setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void>;

  /** Returns the number of ready events that may be delivered now: 0 if the queue is paused or limited. */
  ready(queue: Uint8Array): Promise<number>;

  /**
   * Calls `onReady` with the number of ready events of each queue that has some. Takes fewer steps than
   * {@linkcode Store.ready} for each where most have none; no two queues are read at one moment.
   */
  findReady(queues: Uint8Array[], onReady: (queue: Uint8Array, events: number) => void): Promise<void>;

  /** Returns the statistics of a queue, zeros if it does not exist. */
  status(queue: Uint8Array): Promise<QueueStatus>;

  /** Returns what was counted of all queues since the store was opened, also of those whose own counts are dropped. */
  counts(): QueueCounts;

  /** Returns the names of all queues with an event, a consumer, a policy, a pause or a timetable, in no order. */
  active(): Promise<Uint8Array[]>;

  /**
   * Lists about `count` events, at most {@linkcode MAX_STEP_EVENTS}, in one state or all; ready ones in the order of
   * delivery, or with `from` "left" in the opposite order. Changes nothing. An event that keeps its position from the
   * first page to the last is listed at least once; others may be missing.
   *
   * @param cursor "0" for the first page, then that of the page before, which began at the same end
   * @throws {InvalidCursor}
   */
  list(
    queue: Uint8Array,
    state: EventState | undefined,
    cursor: string,
    count: number,
    from?: Side,
  ): Promise<EventPage>;

  /**
   * Returns null if the queue does not hold the event, nor remembers its id.
   * @param maxBytes longer contents are left out; by default none are
   */
  get(queue: Uint8Array, id: Uint8Array, maxBytes?: number): Promise<EventDetails | null>;

  /**
   * Sets this okq's number of consumers for a queue. They count while it calls {@linkcode Store.renew} more often than
   * every {@linkcode CONSUMER_TTL_MS}.
   */
  register(queue: Uint8Array, consumers: number): Promise<void>;

  /** Shows that this okq is alive. Registers its consumers again if the store has lost any. */
  renew(): Promise<void>;

  /** Removes the consumers of instances of okq that died. They do not count any longer, but their queues are active. */
  forgetDead(): Promise<void>;

  /**
   * Calls `onReady` with the number of events that became ready (by a push, a return, or the end of a delay or a
   * pause), through any okq instance, from when the promise resolves until the returned function is called.
   * Notifications may be lost while the store cannot be reached, so callers also check from time to time.
   */
  watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>>;

  /** The time that timetables follow, in milliseconds since 1970. */
  time(): Promise<number>;

  /**
   * Changes when a clock of the store reaches another minute, as soon as {@linkcode Store.reclaim} has read that clock.
   */
  readonly minute: number;

  /**
   * Adds a timetable, or replaces the one of that name; if that has the same expression and zone, its times stay as
   * they are, so that none is missed. Resolves to false, with nothing changed, if the queue has
   * {@linkcode MAX_TIMETABLES} others.
   */
  setTimetable(timetable: Timetable): Promise<boolean>;

  /** Resolves to whether there was one. */
  deleteTimetable(queue: Uint8Array, name: Uint8Array): Promise<boolean>;

  timetable(queue: Uint8Array, name: Uint8Array): Promise<Timetable | null>;

  /**
   * Lists the timetables of a queue, or of all queues, sorted by queue and name. Works in steps: those that are added
   * or deleted meanwhile may be missing.
   */
  timetables(queue?: Uint8Array): Promise<TimetableInfo[]>;

  /** Returns some timetables that are due, those that have been for longest; none only if none is. */
  dueTimetables(): Promise<DueTimetable[]>;

  /**
   * Pushes the event of a timetable by this id, and sets its next time; both, or if `due` is not its next time,
   * neither.
   */
  fireTimetable(queue: Uint8Array, name: Uint8Array, due: number, id: Uint8Array, next: number): Promise<FireResult>;

  /**
   * Does everything that is due, but for timetables. Events whose lease has ended return to the right end, the earliest
   * deadline next to be delivered, or move to the dead queue as with {@linkcode Store.nack}; delayed events enter;
   * expired ones are removed; pauses end.
   *
   * Works in steps, between which others are served; queues take turns. Any number of instances may call it at once.
   */
  reclaim(): Promise<Reclaimed>;

  /**
   * Counts everything, and orphans. Changes nothing. In a store in use the counts are not of one moment, but events in
   * transit are no orphans.
   */
  check(): Promise<ConsistencyReport>;

  /** Completes the requested operations, then closes connections, files and timers. */
  close(): Promise<void>;
}
