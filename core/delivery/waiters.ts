/**
 * Who waits for an event, and who is told of it first.
 *
 * The life of a waiting client: QNOTIFY puts it at the end of the line of each queue that it has registered, and only
 * then looks whether one has an event already, so that none slips through between. From then on it is told
 *
 *     when the store says that n events became ready (a push, a redo or the end of a lease, through any okq
 *         instance): the first n in the queue's line are told;
 *     when an event that somebody was told of is still there a moment later, because that client died or did not
 *         want it: the next in line is told;
 *     when the slow re-check finds an event, which it does only if the store's message was lost.
 *
 * Being told ends the wait in all lines. So do the end of its time and CLIENT UNBLOCK (nil), a hang-up, and the server's
 * shutdown (nil).
 * Being told takes nothing: the client pops the event, if it is still there.
 *
 * A QCLAIM that blocks stands in the same lines, of the queues that it names. When it is told okq claims for it at once,
 * and only a claim that succeeds ends its wait; `claims.ts` has the rest.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import type { Store } from "../../store/store.ts";
import { blocking } from "./blocking.ts";
import { type ClaimedEvent, Claimer, claimFrom, type ClaimRequest } from "./claims.ts";
import type { ClientContext } from "../client_context.ts";
import type { Log } from "../log.ts";
import { Subscriptions } from "./subscriptions.ts";

/** How long a client that was told of an event has for taking it before the next is told, in milliseconds. */
const GRACE_MS = 100;

/** Tells a client that waits of events in a queue. Returns for how many of them nobody else need be told. */
type Notify = (queue: Uint8Array, events: number) => number;

/** The clients that wait for events of one queue, longest waiting first, each with the way to tell it. */
interface WaitQueue {
  queue: Uint8Array;
  waiting: Set<Notify>;
  /** Running while somebody who was told may not have taken the event. */
  grace?: ReturnType<typeof setTimeout>;
}

/** The lines of waiting clients of this okq instance. */
export class Waiters {
  #store: Store;
  #log: Log;
  #queues = new Map<string, WaitQueue>();
  #clients = 0;
  /** Claims that are under way though their clients wait no longer. */
  #settling = new Set<Promise<void>>();
  /** Where the store's messages come from. */
  readonly subscriptions: Subscriptions;

  /** @param store asked whether events are ready */
  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
    this.subscriptions = new Subscriptions(store, (queue, events) => this.notify(queue, events));
  }

  /** How many clients wait. */
  get blockedClients(): number {
    return this.#clients;
  }

  /** How many waits are in a line; one for each queue of each waiting client. */
  get size(): number {
    let size = 0;
    for (const line of this.#queues.values()) size += line.waiting.size;
    return size;
  }

  /**
   * Waits for an event on a queue that the client has registered.
   * @param timeoutMs in milliseconds; 0 only looks
   * @returns the queue's name, or null if there was none in time
   * @throws {StoreUnavailable} if the store cannot be asked
   */
  wait(client: ClientContext, timeoutMs: number): Promise<Uint8Array | null> {
    if (timeoutMs === 0) return this.#firstReady(client);
    return blocking<Uint8Array>(timeoutMs, client, ({ wake, fail }) => {
      this.#clients++;
      const teller: Notify = (queue) => {
        wake(queue);
        return 1;
      };
      const lines = client.queues.map((queue) => this.#enter(queue, teller));
      this.#firstReady(client).then((queue) => queue && wake(queue), fail);
      return () => {
        this.#clients--;
        lines.forEach((line) => this.#leave(line, teller));
      };
    });
  }

  /**
   * Takes events, and waits for some if there are none.
   * @param request whose queues are distinct
   * @param timeoutMs in milliseconds; 0 waits for ever, undefined not at all
   * @throws {StoreUnavailable} if the store cannot be asked
   */
  async claim(client: ClientContext, request: ClaimRequest, timeoutMs: number | undefined): Promise<ClaimedEvent[]> {
    if (timeoutMs === undefined) return await claimFrom(this.#store, request);
    const taken = await this.#waitAndTake(client, request, timeoutMs) ?? [];
    if (request.leaseMs === 0) {
      await Promise.all(taken.map(({ queue, id, receipt }) => this.#store.ack(queue, id, receipt)));
    }
    return taken;
  }

  /** Waits until claims that are under way have found their end. */
  async close(): Promise<void> {
    await Promise.all([...this.#settling, this.subscriptions.close()]);
  }

  /** The store says that events became ready. */
  notify(queue: Uint8Array, events: number): void {
    const line = this.#queues.get(keyOf(queue));
    if (line) this.#notify(line, events);
  }

  /** Looks after lines whose message may have been lost. */
  async recheck(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (line) => this.#checkQueue(line)));
  }

  /** Looks through the client's queues for one with an event, beginning after the one that it was told last. */
  async #firstReady(client: ClientContext): Promise<Uint8Array | null> {
    const { queues, nextQueue } = client;
    const counts = await Promise.allSettled(queues.map((queue) => this.#store.ready(queue)));
    for (let i = 0; i < queues.length; i++) {
      const place = (nextQueue + i) % queues.length;
      const count = counts[place];
      if (count.status === "rejected" || count.value === 0) continue;
      client.nextQueue = place + 1;
      return queues[place];
    }
    // A queue that cannot be asked matters only if no other has an event: a part of a Cluster may be out of reach.
    const failed = counts.find((count) => count.status === "rejected");
    if (failed) throw failed.reason;
    return null;
  }

  #waitAndTake(client: ClientContext, request: ClaimRequest, timeoutMs: number): Promise<ClaimedEvent[] | null> {
    return blocking<ClaimedEvent[]>(timeoutMs, client, (wait) => {
      this.#clients++;
      const claimer = new Claimer(this.#store, request, wait);
      const teller: Notify = (_queue, events) => claimer.notify(events);
      const lines = request.queues.map((queue) => this.#enter(queue, teller));
      const uses = request.queues.map((queue) => this.subscriptions.use(queue));
      claimer.tryClaim();
      // What became ready before the messages of a queue came is found by another look.
      const late = uses.filter(({ open }) => !open).map(({ opened }) => opened);
      if (late.length > 0) Promise.all(late).then(() => claimer.notify(1), wait.fail);
      return () => {
        this.#clients--;
        claimer.end();
        for (const line of lines) this.#leave(line, teller);
        for (const use of uses) use.end(false).catch(() => {});
        // What it was to take and did not see is for the next.
        if (claimer.missed) { for (const line of lines) this.#recheckQueue(line); }
        const { settled } = claimer;
        this.#settling.add(settled);
        settled.finally(() => this.#settling.delete(settled));
      };
    });
  }

  #enter(queue: Uint8Array, teller: Notify): WaitQueue {
    const key = keyOf(queue);
    let line = this.#queues.get(key);
    if (!line) this.#queues.set(key, line = { queue, waiting: new Set() });
    line.waiting.add(teller);
    return line;
  }

  #leave(line: WaitQueue, teller: Notify): void {
    line.waiting.delete(teller);
    if (line.waiting.size > 0) return;
    clearTimeout(line.grace);
    this.#queues.delete(keyOf(line.queue));
  }

  #notify(line: WaitQueue, events: number): void {
    for (const tell of line.waiting) {
      if (events <= 0) break;
      events -= tell(line.queue, events);
    }
    // Nobody left: whoever comes looks for itself.
    if (line.waiting.size > 0) line.grace ??= setTimeout(() => this.#graceOver(line), GRACE_MS);
  }

  #graceOver(line: WaitQueue): void {
    line.grace = undefined;
    this.#recheckQueue(line);
  }

  async #recheckQueue(line: WaitQueue): Promise<void> {
    if (line.waiting.size === 0) return;
    try {
      await this.#checkQueue(line);
    } catch (error) {
      this.#log.debug("Cannot see whether an event was taken; the re-check will", { error, queue: line.queue });
    }
  }

  async #checkQueue(line: WaitQueue): Promise<void> {
    const events = await this.#store.ready(line.queue);
    if (events > 0) this.#notify(line, events);
  }
}
