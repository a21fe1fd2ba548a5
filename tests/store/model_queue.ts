/**
 * A queue as it should be, in a few lines of memory. Byte strings are text of one character for each byte.
 *
 * @module
 */
import type { Side } from "../../store/store.ts";

/** An event. */
export type ModelEvent = readonly [id: string, contents: string];

/** A queue; leases and delays never end by themselves. */
export class ModelQueue {
  /** Left to right. */
  readonly #ready: ModelEvent[];
  readonly #leased: Map<string, string>;
  readonly #delayed: Map<string, string>;
  /** How often each event has come back, if it has. */
  readonly #returns: Map<string, number>;

  /** An empty one, or one that holds what another does. */
  constructor(like?: ModelQueue) {
    this.#ready = like ? [...like.#ready] : [];
    this.#leased = new Map(like ? like.#leased : []);
    this.#delayed = new Map(like ? like.#delayed : []);
    this.#returns = new Map(like ? like.#returns : []);
  }

  /** How many events are ready. */
  get ready(): number {
    return this.#ready.length;
  }

  /** How many are being processed. */
  get processing(): number {
    return this.#leased.size;
  }

  /** How many it holds. */
  get total(): number {
    return this.ready + this.processing + this.#delayed.size;
  }

  /** The same for two queues that will answer alike for ever. */
  get state(): string {
    return JSON.stringify([this.#ready, ...[this.#leased, this.#delayed, this.#returns].map((map) => [...map].sort())]);
  }

  /** Whether the event was added: not if the id is held already. */
  push(id: string, contents: string, side: Side, delayMs = 0): boolean {
    if (this.#leased.has(id) || this.#delayed.has(id) || this.#ready.some(([held]) => held === id)) return false;
    this.#returns.delete(id);
    if (delayMs > 0) this.#delayed.set(id, contents);
    else if (side === "left") this.#ready.unshift([id, contents]);
    else this.#ready.push([id, contents]);
    return true;
  }

  /** The ready event at one end. */
  peek(side: Side): ModelEvent | undefined {
    return this.#ready.at(side === "left" ? 0 : -1);
  }

  /** Takes the right-most event and leases it, unless that is for no time. */
  pop(leaseMs: number): ModelEvent | undefined {
    const event = this.#ready.pop();
    if (event !== undefined && leaseMs > 0) this.#leased.set(...event);
    return event;
  }

  /** Takes up to so many events, and says which delivery of each it is. */
  claim(most: number, leaseMs: number): { event: ModelEvent; attempt: number }[] {
    const taken = Array.from({ length: Math.min(most, this.ready) }, () => this.pop(leaseMs)!);
    return taken.map((event) => ({ event, attempt: (this.#returns.get(event[0]) ?? 0) + 1 }));
  }

  /** Whether the event is being processed. */
  holds(id: string): boolean {
    return this.#leased.has(id);
  }

  /** How many events were removed. */
  ack(id: string): number {
    if (this.#leased.delete(id) || this.#delayed.delete(id)) return 1;
    const place = this.#ready.findIndex(([held]) => held === id);
    if (place < 0) return 0;
    this.#ready.splice(place, 1);
    return 1;
  }

  /** How many events came back. */
  redo(id: string): number {
    return this.nack(id, 0);
  }

  /** The same, after a delay. */
  nack(id: string, delayMs: number): number {
    const contents = this.#leased.get(id);
    if (contents === undefined) return 0;
    this.#leased.delete(id);
    this.#returns.set(id, (this.#returns.get(id) ?? 0) + 1);
    if (delayMs > 0) this.#delayed.set(id, contents);
    else this.#ready.push([id, contents]);
    return 1;
  }

  /** Removes all. */
  flush(): void {
    this.#ready.length = 0;
    this.#leased.clear();
    this.#delayed.clear();
  }
}
