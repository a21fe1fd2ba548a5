/**
 * A model of a queue in memory, to compare stores with. Byte strings are text, one character a byte.
 *
 * @module
 */
import type { EventState, Side } from "../../store/store.ts";
import { fc } from "../deps.ts";
import { latin1 } from "./wire.ts";

export type ModelEvent = readonly [id: string, contents: string];

/** Options of a nack. */
export interface Failure {
  /** By default the backoff of the policy. */
  delayMs?: number;
  reason?: string;
  /** The dead queue. */
  dead?: ModelQueue;
  /** Whether this is the last attempt, whatever the policy allows. */
  last?: boolean;
}

/** The details of an event. */
export interface ModelDetails {
  id: string;
  contents: string;
  state: EventState;
  attempts: number;
  reason: string;
}

/** Any byte strings. */
export function byteStrings(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength, maxLength }).map(latin1);
}

/** Event ids: mostly a few, so that operations hit the same event. */
export const modelIds: fc.Arbitrary<string> = fc.oneof(
  { weight: 9, arbitrary: fc.nat({ max: 5 }).map(String) },
  { weight: 1, arbitrary: byteStrings(1, 40) },
  { weight: 1, arbitrary: fc.constantFrom("\0", "\r\n", "i".repeat(1024)) },
);

/** Event contents, mostly short. */
export const modelContents: fc.Arbitrary<string> = fc.oneof(
  { weight: 9, arbitrary: byteStrings(0, 20) },
  { weight: 1, arbitrary: fc.nat({ max: 5000 }).map((size) => "c".repeat(size)) },
);

const NO_POLICY = { maxAttempts: 0, maxLength: 0, backoffMs: 0, backoffMaxMs: 0, leaseMs: 30_000 };

/** A queue. Leases, delays and pauses do not end by themselves. */
export class ModelQueue {
  policy: Readonly<typeof NO_POLICY> = NO_POLICY;
  paused = false;
  /** Left to right. */
  readonly #ready: ModelEvent[];
  readonly #leased: Map<string, string>;
  readonly #delayed: Map<string, string>;
  /** The number of ended deliveries of each event. */
  readonly #attempts: Map<string, number>;
  /** The reason of the last failure of each event. */
  readonly #reasons: Map<string, string>;

  /** Creates an empty queue, or a copy of another. */
  constructor(like?: ModelQueue) {
    this.#ready = like ? [...like.#ready] : [];
    this.#leased = new Map(like ? like.#leased : []);
    this.#delayed = new Map(like ? like.#delayed : []);
    this.#attempts = new Map(like ? like.#attempts : []);
    this.#reasons = new Map(like ? like.#reasons : []);
    if (like) Object.assign(this, { policy: like.policy, paused: like.paused });
  }

  /** The number of events that can be popped. */
  get ready(): number {
    return this.paused ? 0 : this.#ready.length;
  }

  get processing(): number {
    return this.#leased.size;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  get total(): number {
    return this.#ready.length + this.processing + this.delayed;
  }

  get full(): boolean {
    return this.policy.maxLength > 0 && this.total >= this.policy.maxLength;
  }

  /** Whether it behaves like a new queue. */
  get untouched(): boolean {
    return this.total === 0 && !this.paused && this.policy === NO_POLICY;
  }

  /** Equal for two queues that will behave alike. */
  get state(): string {
    const maps = [this.#leased, this.#delayed, this.#attempts, this.#reasons].map((map) => [...map].sort());
    return JSON.stringify([this.#ready, ...maps, this.policy, this.paused]);
  }

  setPolicy(change: Partial<typeof NO_POLICY> | null): void {
    this.policy = change === null ? NO_POLICY : { ...this.policy, ...change };
  }

  /** Returns whether the event was added. */
  push(id: string, contents: string, side: Side, delayMs = 0): boolean {
    if (this.has(id)) return false;
    this.#attempts.delete(id);
    this.#reasons.delete(id);
    if (delayMs > 0) this.#delayed.set(id, contents);
    else if (side === "left") this.#ready.unshift([id, contents]);
    else this.#ready.push([id, contents]);
    return true;
  }

  has(id: string): boolean {
    return this.#leased.has(id) || this.#delayed.has(id) || this.#ready.some(([held]) => held === id);
  }

  peek(side: Side): ModelEvent | undefined {
    return this.#ready.at(side === "left" ? 0 : -1);
  }

  /** Removes the right-most event, and leases it unless `leaseMs` is 0. */
  pop(leaseMs: number): ModelEvent | undefined {
    const event = this.paused ? undefined : this.#ready.pop();
    if (event !== undefined && leaseMs > 0) this.#leased.set(...event);
    return event;
  }

  claim(count: number, leaseMs: number): { event: ModelEvent; attempt: number }[] {
    const events = Array.from({ length: Math.min(count, this.ready) }, () => this.pop(leaseMs)!);
    return events.map((event) => ({ event, attempt: (this.#attempts.get(event[0]) ?? 0) + 1 }));
  }

  isLeased(id: string): boolean {
    return this.#leased.has(id);
  }

  /** Returns the number of events removed. */
  ack(id: string): number {
    if (this.#leased.delete(id) || this.#delayed.delete(id)) return 1;
    const index = this.#ready.findIndex(([held]) => held === id);
    if (index < 0) return 0;
    this.#ready.splice(index, 1);
    return 1;
  }

  /** Returns the number of events that returned. */
  redo(id: string): number {
    if (!this.#leased.has(id)) return 0;
    this.#requeue(id, 0);
    return 1;
  }

  /** Returns 0 if the event was not leased, 2 if it moved to the dead queue, else 1. */
  nack(id: string, { delayMs, reason = "", dead, last = false }: Failure): number {
    const contents = this.#leased.get(id);
    if (contents === undefined) return 0;
    const { maxAttempts, backoffMs } = this.policy;
    const failures = (this.#attempts.get(id) ?? 0) + 1;
    if ((last || maxAttempts > 0 && failures >= maxAttempts) && dead && !dead.has(id)) {
      this.#leased.delete(id);
      dead.push(id, contents, "left");
      dead.#attempts.set(id, failures);
      dead.#reasons.set(id, reason);
      return 2;
    } else {
      this.#requeue(id, delayMs ?? backoffMs);
      this.#reasons.set(id, reason);
    }
    return 1;
  }

  /** Moves ready events to another queue. Returns their number. */
  move(destination: ModelQueue, count: number): number {
    let moved = 0;
    for (const [id, contents] of this.#ready.toReversed()) {
      if (moved === count || destination.full) break;
      if (!destination.push(id, contents, "left")) continue;
      this.ack(id);
      moved++;
    }
    return moved;
  }

  event(id: string): ModelDetails | undefined {
    return this.events().find((event) => event.id === id);
  }

  /** The details of all events, in no order. */
  events(): ModelDetails[] {
    const inState = (state: EventState, held: Iterable<readonly [string, string]>) =>
      Array.from(held, ([id, contents]) => ({
        ...{ id, contents, state },
        attempts: (this.#attempts.get(id) ?? 0) + (state === "processing" ? 1 : 0),
        reason: this.#reasons.get(id) ?? "",
      }));
    return [
      ...inState("ready", this.#ready),
      ...inState("processing", this.#leased),
      ...inState("delayed", this.#delayed),
    ];
  }

  flush(): void {
    this.#ready.length = 0;
    this.#leased.clear();
    this.#delayed.clear();
  }

  #requeue(id: string, delayMs: number): void {
    const contents = this.#leased.get(id)!;
    this.#leased.delete(id);
    this.#attempts.set(id, (this.#attempts.get(id) ?? 0) + 1);
    if (delayMs > 0) this.#delayed.set(id, contents);
    else this.#ready.push([id, contents]);
  }
}
