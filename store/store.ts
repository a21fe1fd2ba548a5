/**
 * What okq asks of the place where events are kept. Two stores fulfil it, Redis and SQLite, and the same suite of tests
 * (`tests/store_contract.ts`) runs on both.
 *
 * Every method is one atomic step: other callers see all of it or nothing, and so does a restart after a crash. The
 * promise resolves when the step is as durable as the store makes anything. The store's own clock decides when a lease
 * ends. Which end of a queue is which: producers push on the left, consumers pop from the right.
 *
 * Queue names, event ids and contents are byte strings and are never decoded. The contract holds no key, script or SQL,
 * and no waiting: who waits for an event, and in which order they are told, is the server's business (`core/delivery/waiters.ts`).
 *
 * @module
 */
import type { ConsistencyReport } from "./consistency.ts";
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
import type { Policy } from "./policy.ts";

export { InvalidCursor, QueueFull, StoreUnavailable } from "./errors.ts";
export type * from "./types.ts";

/**
 * Is told of a step that the store took or could not take: how many operations it served, and how long it took in
 * milliseconds. Whoever asked for them is told after.
 */
export type BatchObserver = (operations: number, ms: number, failed: boolean) => void;

/** What a store is opened with. */
export interface StoreOptions {
  /** How long operations wait for a store that is out of reach, in milliseconds. */
  timeoutMs: number;
  /** Told in a sentence what happens to the store itself: a connection lost or come back. */
  report(level: "info" | "warn", message: string): void;
  /** Told of each step that the store took. */
  observe?: BatchObserver;
  /** Opens only a store that is there, to look at: leaves nothing behind. Only `check` may be called then. */
  readOnly?: boolean;
}

/** The store of events. Every method may reject with {@linkcode StoreUnavailable}. */
export interface Store {
  /**
   * Adds an event at one end. Resolves to false, having done nothing, if the queue already holds the id, ready, delayed
   * or being processed. A crash leaves the whole event or none of it.
   *
   * Delayed events enter in the order of their times, of equal ones in that of their pushes. An event whose time is up
   * is never delivered: it is removed, unless it is being processed; then instead of coming back.
   *
   * Rejects with {@linkcode QueueFull} if the queue's policy does not let it hold one more.
   */
  push(queue: Uint8Array, id: Uint8Array, contents: Uint8Array, side: Side, options?: PushOptions): Promise<boolean>;

  /** The ready event at one end, or null. Changes nothing. */
  peek(queue: Uint8Array, side: Side): Promise<Event | null>;

  /**
   * Takes the right-most ready event, or null, and leases it for `leaseMs` milliseconds, by default for as long as the
   * queue's policy says; with 0 the event is removed for good in the same step. A crash leaves the event ready or
   * leased, never neither.
   */
  pop(queue: Uint8Array, leaseMs?: number): Promise<Event | null>;

  /**
   * Takes up to `most` of the right-most ready events, {@linkcode MAX_CLAIM_COUNT} at the most, the right-most first, and leases or removes
   * them as {@linkcode Store.pop} does. Every delivery counts, made by pop or by claim.
   */
  claim(queue: Uint8Array, most: number, leaseMs?: number): Promise<Claimed[]>;

  /**
   * Removes an event for good, ready, delayed or being processed. Resolves to the number of events removed, 0 or 1. With
   * a receipt only an event that is being processed by that delivery.
   */
  ack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number>;

  /**
   * Gives an event being processed back, to the right end. Resolves to 1, or to 0 if it is not being processed or, with
   * a receipt, not by that delivery.
   */
  redo(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array): Promise<number>;

  /** Does what redo does for a delivery that nobody has seen: the next has the same number. */
  release(queue: Uint8Array, id: Uint8Array, receipt: Uint8Array): Promise<number>;

  /**
   * Does what redo does for a delivery that failed, and remembers why. After the last attempt that the policy allows, the
   * event goes to the dead queue instead, on the left, with its contents, its attempts and the reason, but for ever. If
   * that queue holds its id already, it comes back.
   */
  nack(queue: Uint8Array, id: Uint8Array, receipt?: Uint8Array, options?: NackOptions): Promise<number>;

  /** Sets when a lease ends to `leaseMs` milliseconds from now, sooner or later than before; resolves like redo. */
  touch(queue: Uint8Array, id: Uint8Array, leaseMs: number, receipt?: Uint8Array): Promise<number>;

  /** Removes all events of a queue, ready, delayed and being processed. Its policy stays, and it stays paused. */
  flush(queue: Uint8Array): Promise<void>;

  /** The number of ready events; 0 of a paused queue. */
  ready(queue: Uint8Array): Promise<number>;

  /** The figures of one queue, zeros if there is no such queue. */
  status(queue: Uint8Array): Promise<QueueStatus>;

  /** The names of the queues that hold an event, have a consumer or a policy or are paused, in no order. */
  active(): Promise<Uint8Array[]>;

  /**
   * Says how many consumers an okq instance has for a queue; 0 takes the instance off. Must be repeated before
   * {@linkcode CONSUMER_TTL_MS} is over.
   */
  register(queue: Uint8Array, instance: string, consumers: number): Promise<void>;

  /**
   * Does what is due. Leases end whose time is up: their events are ready again at the right end, the one with the oldest
   * deadline next to be popped, or they go to the dead queue, as with {@linkcode Store.nack}. Delayed events enter. Events
   * whose own time is up are removed. Queues resume that were paused until now. Safe to call from any
   * number of instances at once. Resolves to the number of events that became ready.
   */
  reclaim(): Promise<number>;

  /**
   * Calls `onReady` with the number of events that have just become ready in the queue (by a push, by coming back or by
   * the end of a delay), through whichever instance, from the time the promise resolves until the returned function is called.
   * Messages may be lost while the store is out of reach: callers look again by themselves now and then.
   */
  watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>>;

  /** What was said of the queue. */
  policy(queue: Uint8Array): Promise<Policy>;

  /** Changes what was said of the queue; null takes back all of it. Events of which a delivery is under way included. */
  setPolicy(queue: Uint8Array, change: Partial<Policy> | null): Promise<void>;

  /**
   * Hands out nothing of the queue and tells nobody of it, for so many milliseconds from now, or with 0 until it is
   * resumed. All else goes on.
   */
  pause(queue: Uint8Array, forMs: number): Promise<void>;

  /** Hands out events again. */
  resume(queue: Uint8Array): Promise<void>;

  /**
   * Moves up to `most` ready events ({@linkcode MAX_STEP_EVENTS} at the most) from the right end of a queue to the left end
   * of another in the same partition, one by one. Their attempts start anew; when their time is up stays the same. Those
   * whose id the destination holds stay in their place; as many as `skip` says did in steps before, and are passed by.
   * Stops when the destination is full. with `moved` and `skipped` at 0 there is no more to do.
   */
  move(source: Uint8Array, destination: Uint8Array, most: number, skip: number): Promise<MoveResult>;

  /**
   * Shows a part of the events of a queue, of one state or of all, without taking any: about `count` of them,
   * {@linkcode MAX_STEP_EVENTS} at the most. Ready ones come in the order in which they would be popped.
   *
   * An event that stays where it is from the first part to the last is shown at least once; one that does not may be
   * shown or not.
   * @param cursor "0" for the first part, then what the part before has
   * @throws {InvalidCursor}
   */
  list(queue: Uint8Array, state: EventState | undefined, cursor: string, count: number): Promise<EventPage>;

  /** All that is known of an event, or null if the queue does not hold it. */
  get(queue: Uint8Array, id: Uint8Array): Promise<EventDetails | null>;

  /**
   * Counts all that is in the store, and looks for what belongs to nothing. Changes nothing. Others may use the store
   * meanwhile: the figures are then those of no one moment, but what is only on its way is not counted as an orphan.
   */
  check(): Promise<ConsistencyReport>;

  /** Finishes what was asked for and lets go of connections, files and timers. */
  close(): Promise<void>;
}
