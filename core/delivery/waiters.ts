/**
 * Clients that wait for events, and the order in which they are notified.
 *
 * The life of a waiting client: QNOTIFY puts it at the end of the wait queue of each queue that it has registered, and
 * then checks for a ready event, so that none is missed in between. It is notified when
 *
 *     the store reports n ready events (a push, a redo, the end of a lease or a delay, through any okq instance): the
 *         first n clients of the wait queue are notified;
 *     an event is still there 100 ms after a client was notified of it: the next client is notified;
 *     the periodic re-check finds an event whose notification was lost.
 *
 * A notification takes no event: the client pops it, if it is still there. It ends the wait in all wait queues; so do a
 * timeout, CLIENT UNBLOCK, shutdown (all three reply nil), and a hang-up.
 *
 * A blocked QCLAIM waits in the same wait queues. When it is notified, okq claims for it, and only a claim that gets
 * events ends its wait; see `claims.ts`.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";
import type { Log } from "../log.ts";
import { type BlockedClient, blocking } from "./blocking.ts";
import type { ClaimBudget } from "./claim_budget.ts";
import {
  type ClaimedEvent,
  Claimer,
  claimFrom,
  type ClaimRequest,
  type DeliveredEvent,
  releaseAll,
  type Waiter,
} from "./claims.ts";
import type { RegisteredClient } from "./registrations.ts";
import { Subscriptions } from "./subscriptions.ts";

/** Time for a notified client to take the event before the next one is notified. */
const GRACE_MS = 100;

/** How long the wait queue of a queue outlives its last client: clients mostly wait on the same queue again. */
const LINGER_MS = 5000;

/**
 * The clients that wait on one queue, longest waiting first. Not a Set, nor a new one for each client: V8 keeps what was
 * in a Set or Map that often grows and shrinks alive for long, and copying it takes milliseconds.
 */
interface WaitQueue {
  queue: Uint8Array;
  waiters: Waiter[];
  /** Runs while a notified client may still take its event. */
  graceTimer?: ReturnType<typeof setTimeout>;
  /** Events that are pushed in this turn of the event loop. */
  expected: number;
}

export class Waiters {
  readonly #store: Store;
  readonly #log: Log;
  readonly #queues = new Map<string, WaitQueue>();
  #sweepTimer: ReturnType<typeof setTimeout> | undefined;
  /** Claims that no client waits for any longer, and releases. */
  #unfinished = 0;
  #onFinished: () => void = () => {};
  #blockedClients = 0;
  readonly subscriptions: Subscriptions;

  constructor(store: Store, log: Log, readonly claimBudget: ClaimBudget) {
    this.#store = store;
    this.#log = log;
    this.subscriptions = new Subscriptions(store, log, (queue, events) => this.notify(queue, events));
  }

  get blockedClients(): number {
    return this.#blockedClients;
  }

  /** One for each queue of each blocked client. */
  get size(): number {
    let size = 0;
    for (const { waiters } of this.#queues.values()) size += waiters.length;
    return size;
  }

  /**
   * Resolves to a registered queue with an event, or to null at the timeout.
   * @param timeoutMs 0 does not wait
   * @throws {StoreUnavailable}
   */
  wait(client: BlockedClient & RegisteredClient, timeoutMs: number): Promise<Uint8Array | null> {
    if (timeoutMs === 0) return this.#firstReady(client);
    return blocking<Uint8Array>(timeoutMs, client, ({ wake, fail }) => {
      this.#blockedClients++;
      const notify = (queue: Uint8Array) => {
        wake(queue);
        return 1;
      };
      const waiter: Waiter = { notify };
      const entered = client.queues.map((queue) => this.#enter(queue, waiter));
      this.#firstReady(client).then((queue) => queue && wake(queue), fail);
      return () => {
        this.#blockedClients--;
        for (const waitQueue of entered) this.#leave(waitQueue, waiter);
      };
    });
  }

  /**
   * @param timeoutMs 0 waits without a limit, undefined does not wait
   * @throws {StoreUnavailable}
   */
  async claim(
    client: BlockedClient,
    request: ClaimRequest,
    timeoutMs: number | undefined,
  ): Promise<ClaimedEvent[]> {
    if (timeoutMs === undefined) return await claimFrom(this.#store, this.claimBudget, request);
    const events = await this.#waitAndClaim(client, request, timeoutMs) ?? [];
    if (request.leaseMs === 0) {
      await Promise.all(events.map(({ queue, id, receipt }) => this.#store.ack(queue, id, receipt)));
    }
    return events;
  }

  /** Releases claimed events that were not delivered. */
  giveBack(events: DeliveredEvent[]): void {
    this.#finish(releaseAll(this.#store, this.#log, events));
  }

  /** Resolves when no claim is running in the store any longer, and all that was given back is there. */
  async close(): Promise<void> {
    const finished = new Promise<void>((resolve) => this.#onFinished = resolve);
    if (this.#unfinished === 0) this.#onFinished();
    await finished; // until then waiters may leave, and begin to linger
    clearTimeout(this.#sweepTimer);
    await this.subscriptions.close();
  }

  /**
   * Events are pushed in this turn of the event loop. If a blocked QCLAIM is the first of the wait queue, its claim
   * travels in the same call of the store.
   */
  expect(queue: Uint8Array, events = 1): void {
    if (this.#queues.size === 0) return;
    const waitQueue = this.#queues.get(keyOf(queue));
    if (!waitQueue) return;
    waitQueue.expected += events;
    if (waitQueue.expected > events) return;
    queueMicrotask(() => { // after all pushes of a pipeline
      let events = waitQueue.expected;
      waitQueue.expected = 0;
      for (const waiter of waitQueue.waiters) {
        if (events <= 0 || !waiter.expect) return;
        events -= waiter.expect(queue, events);
      }
    });
  }

  notify(queue: Uint8Array, events: number): void {
    const waitQueue = this.#queues.get(keyOf(queue));
    if (waitQueue) this.#notify(waitQueue, events);
  }

  /** Checks all wait queues for events whose notification was lost. */
  async recheck(): Promise<void> {
    const queues: Uint8Array[] = [];
    for (const { queue, waiters } of this.#queues.values()) if (waiters.length > 0) queues.push(queue);
    if (queues.length === 0) return;
    await this.#store.findReady(queues, (queue, events) => this.notify(queue, events));
  }

  /** The next of the client's queues, in rotation, that has a ready event. */
  async #firstReady(client: RegisteredClient): Promise<Uint8Array | null> {
    const { queues, nextQueue } = client;
    const counts = await Promise.allSettled(queues.map((queue) => this.#store.ready(queue)));
    for (let i = 0; i < queues.length; i++) {
      const index = (nextQueue + i) % queues.length;
      const count = counts[index];
      if (count.status === "rejected" || count.value === 0) continue;
      client.nextQueue = index + 1;
      return queues[index];
    }
    // A queue that cannot be asked matters only if no other has an event: a part of a Cluster may be unreachable.
    const failed = counts.find((count) => count.status === "rejected");
    if (failed) throw failed.reason;
    return null;
  }

  #waitAndClaim(
    client: BlockedClient,
    request: ClaimRequest,
    timeoutMs: number,
  ): Promise<ClaimedEvent[] | null> {
    return blocking<ClaimedEvent[]>(timeoutMs, client, (wait) => {
      this.#blockedClients++;
      const claimer = new Claimer(this.#store, this.#log, this.claimBudget, request, wait);
      const entered = request.queues.map((queue) => this.#enter(queue, claimer));
      const uses = request.queues.map((queue) => this.subscriptions.use(queue));
      claimer.tryClaim();
      // A second try finds events that became ready before a subscription was open.
      const opening = uses.filter(({ open }) => !open).map(({ opened }) => opened);
      if (opening.length > 0) Promise.all(opening).then(() => claimer.tryClaim(), wait.fail);
      return () => {
        this.#blockedClients--;
        claimer.end();
        for (const waitQueue of entered) this.#leave(waitQueue, claimer);
        for (const use of uses) use.end(false);
        // Events that it did not claim are for the next client.
        if (claimer.missed) { for (const waitQueue of entered) this.#checkQuietly(waitQueue); }
        this.#finish(claimer.idle);
      };
    });
  }

  #finish(work: Promise<void>): void {
    this.#unfinished++;
    work.then(() => {
      if (--this.#unfinished === 0) this.#onFinished();
    });
  }

  #enter(queue: Uint8Array, waiter: Waiter): WaitQueue {
    const key = keyOf(queue);
    let waitQueue = this.#queues.get(key);
    if (!waitQueue) this.#queues.set(key, waitQueue = { queue, waiters: [], expected: 0 });
    waitQueue.waiters.push(waiter);
    return waitQueue;
  }

  #leave(waitQueue: WaitQueue, waiter: Waiter): void {
    const { waiters } = waitQueue;
    waiters.splice(waiters.indexOf(waiter), 1);
    if (waiters.length > 0) return;
    clearTimeout(waitQueue.graceTimer);
    waitQueue.graceTimer = undefined;
    this.#sweepTimer ??= setTimeout(() => this.#sweep(), LINGER_MS);
  }

  /** Removes the wait queues in which no client is. */
  #sweep(): void {
    this.#sweepTimer = undefined;
    for (const [key, { waiters }] of this.#queues) if (waiters.length === 0) this.#queues.delete(key);
  }

  #notify(waitQueue: WaitQueue, events: number): void {
    let claims = 0; // of clients that stay in the wait queue until they have an event
    const { waiters } = waitQueue;
    for (let i = 0; i < waiters.length && events > 0;) {
      const waiter = waiters[i];
      events -= waiter.notify(waitQueue.queue, events);
      if (waiter.expect) claims++;
      if (waiters[i] === waiter) i++; // else it has left
    }
    if (waiters.length > claims) {
      waitQueue.graceTimer ??= setTimeout(() => this.#graceOver(waitQueue), GRACE_MS);
    }
  }

  #graceOver(waitQueue: WaitQueue): void {
    waitQueue.graceTimer = undefined;
    this.#checkQuietly(waitQueue);
  }

  /** If the store fails, the re-check will find the events. */
  async #checkQuietly(waitQueue: WaitQueue): Promise<void> {
    if (waitQueue.waiters.length === 0) return;
    try {
      await this.#check(waitQueue);
    } catch (error) {
      this.#log.debug("Cannot check for untaken events", { queue: waitQueue.queue, error });
    }
  }

  async #check(waitQueue: WaitQueue): Promise<void> {
    const events = await this.#store.ready(waitQueue.queue);
    if (events > 0) this.#notify(waitQueue, events);
  }
}
