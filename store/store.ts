/**
 * The contract between okq and its store. Redis and SQLite implement it, and one suite of tests checks both
 * (`tests/store/contract/contract.ts`).
 *
 * Every method is one atomic step: other callers, and a restart after a crash, see all of its changes or none. Its
 * promise resolves when the changes are as durable as the store makes anything; a promise that never resolved leaves it
 * open whether the step was done. The store's clock alone decides when leases, delays, times to live and pauses end.
 *
 * A queue runs from left to right: producers push on the left, consumers pop from the right.
 *
 *     push ─────────────────────► ready ── pop, claim ──► leased ── ack ──► removed
 *      │                          ▲   ▲                   │ │ │
 *      └── with delay ► delayed ──┘   └─ redo, lease end ─┘ │ └── last attempt failed ► left end of the dead queue
 *                          ▲                                │
 *                          └───────── nack with backoff ────┘
 *
 * Queue names, event ids and contents are byte strings and are never decoded. The contract has no keys, scripts or SQL,
 * and nothing blocks: clients that wait for an event are the business of `core/delivery/`.
 *
 * @module
 */
import type { ConsistencyReport } from "./consistency.ts";
import type { Policy } from "./policy.ts";
import type {
  Claimed,
  Event,
  EventDetails,
  EventPage,
  EventState,
  MoveResult,
  NackOptions,
  PushOptions,
  QueueStatus,
  Side,
} from "./types.ts";

export { InvalidCursor, QueueFull, StoreUnavailable } from "./errors.ts";
export type * from "./types.ts";

/** Called after each batch (a script call or a transaction), before its promises resolve. `ms` is its duration. */
export type BatchObserver = (operations: number, ms: number, failed: boolean) => void;

/** How a store is opened. */
export interface StoreOptions {
  /** How long operations wait for a store that cannot be reached, in milliseconds. */
  timeoutMs: number;
  /** Called with a sentence when the store's own state changes: connection lost, connected again. */
  report(level: "info" | "warn", message: string): void;
  /** Called after each batch. */
  observe?: BatchObserver;
  /** Opens an existing store and writes nothing. Then only `check` may be called. */
  readOnly?: boolean;
}

/**
 * A store of events. Every method may reject with {@linkcode StoreUnavailable}, which says whether the step may have
 * been done all the same.
 */
export interface Store {
  /**
   * Adds an event at one end of a queue. Resolves to false, with nothing changed, if the queue already holds the id in
   * any state. A crash leaves the whole event or none of it.
   *
   * Delayed events enter at that end in the order of their times; with equal times, in the order of their pushes. An
   * event whose time to live has ended is not delivered any more: it is removed, or if it is leased, removed in place
   * of its return.
   *
   * Rejects with {@linkcode QueueFull} if the policy of the queue does not allow another event.
   */
  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean>;

  /** Returns the ready event at one end, or null. Changes nothing. */
  peek(queue: Uint8Array, side: Side): Promise<Event | null>;

  /**
   * Delivers the right-most ready event, or null: leases it for `leaseMs` milliseconds, by default the policy's lease
   * time, or with 0 removes it for good. A crash leaves the event ready or leased, or with 0 ready or removed.
   */
  pop(queue: Uint8Array, leaseMs?: number): Promise<Event | null>;

  /**
   * Delivers up to `count` ready events like {@linkcode Store.pop}, the right-most first, at most
   * {@linkcode MAX_CLAIM_COUNT}. Deliveries by pop count as attempts too.
   */
  claim(queue: Uint8Array, count: number, leaseMs?: number): Promise<Claimed[]>;

  /**
   * Removes an event for good, in any state; with a receipt only a leased event, and only during that delivery.
   * Resolves to the number of events removed, 0 or 1.
   */
  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number>;

  /**
   * Returns a leased event to the right end of its queue. Resolves to 1, or to 0 if the event is not leased or, with a
   * receipt, leased by another delivery.
   */
  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number>;

  /** Like redo, for a delivery that never reached a consumer: it does not count as an attempt. */
  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number>;

  /**
   * Like redo, for a delivery that failed: delays the event and keeps the reason. After the last attempt that the
   * policy allows, the event moves to the left end of the dead queue instead, with its contents, attempts and reason
   * and without its time to live; if the dead queue already holds its id, it returns to its own queue.
   */
  nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options?: NackOptions): Promise<number>;

  /** Sets the end of a lease to `leaseMs` milliseconds from now, earlier or later than before. Resolves like redo. */
  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number>;

  /**
   * Moves up to `count` ready events, at most {@linkcode MAX_STEP_EVENTS}, one by one from the right end of a queue to
   * the left end of another queue of the same partition. They keep their time to live; their attempts start again at 0.
   *
   * Events whose id the destination holds are skipped and stay where they are; `skip` is their number in the steps
   * before. Stops when the destination is full. A step that neither moves nor skips an event is the last.
   */
  move(source: Uint8Array, destination: Uint8Array, count: number, skip: number): Promise<MoveResult>;

  /** Removes all events of a queue, in every state. Its policy and its pause stay. */
  flush(queue: Uint8Array): Promise<void>;

  /**
   * Stops deliveries and notifications of a queue, for `forMs` milliseconds or with 0 until it is resumed. All else
   * continues.
   */
  pause(queue: Uint8Array, forMs: number): Promise<void>;

  /** Ends the pause of a queue. */
  resume(queue: Uint8Array): Promise<void>;

  /** Returns the policy of a queue, in full. */
  policy(queue: Uint8Array): Promise<Policy>;

  /** Changes fields of a queue's policy; null resets all of them. Applies to leased events too. */
  setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void>;

  /** Returns the number of ready events; 0 if the queue is paused. */
  ready(queue: Uint8Array): Promise<number>;

  /** Returns the statistics of a queue, zeros if it does not exist. */
  status(queue: Uint8Array): Promise<QueueStatus>;

  /** Returns the names of all queues with an event, a consumer, a policy or a pause, in no order. */
  active(): Promise<Uint8Array[]>;

  /**
   * Lists about `count` events of a queue, at most {@linkcode MAX_STEP_EVENTS}, in one state or in all of them. Ready
   * events come in the order of their deliveries. Changes nothing.
   *
   * An event that keeps its position from the first page to the last is listed at least once; any other may be missing.
   * @param cursor "0" for the first page, then the cursor of the page before
   * @throws {InvalidCursor}
   */
  list(queue: Uint8Array, state: EventState | undefined, cursor: string, count: number): Promise<EventPage>;

  /** Returns everything known about an event, or null if the queue does not hold it. */
  get(queue: Uint8Array, id: Uint8Array): Promise<EventDetails | null>;

  /**
   * Sets the number of consumers that an okq instance has for a queue; 0 removes the instance. Expires after
   * {@linkcode CONSUMER_TTL_MS}, so it must be repeated.
   */
  register(queue: Uint8Array, instance: string, consumers: number): Promise<void>;

  /**
   * Calls `onReady` with the number of events that became ready in a queue (by a push, a return, or the end of a delay
   * or a pause), through any okq instance, from when the promise resolves until the returned function is called.
   * Notifications may be lost while the store cannot be reached, so callers also check from time to time.
   */
  watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>>;

  /**
   * Does everything that is due. Events whose lease has ended return to the right end, the earliest deadline next to be
   * delivered, or move to the dead queue as with {@linkcode Store.nack}. Delayed events enter. Events whose time to
   * live has ended are removed. Pauses end.
   *
   * Any number of instances may call it at once. Resolves to the number of events that became ready.
   */
  reclaim(): Promise<number>;

  /**
   * Counts everything in the store, and what belongs to nothing. Changes nothing. The store may be in use meanwhile:
   * the counts are then not of one moment, but events in transit are not counted as orphans.
   */
  check(): Promise<ConsistencyReport>;

  /** Completes the requested operations, then closes connections, files and timers. */
  close(): Promise<void>;
}
