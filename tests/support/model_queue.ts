/**
 * A queue as it should be, in a few lines of memory. Byte strings are text of one character for each byte.
 *
 * @module
 */
import type { EventState, Side } from "../../store/store.ts";
import { fc } from "../deps.ts";
import { latin1 } from "./wire.ts";

/** An event. */
export type ModelEvent = readonly [id: string, contents: string];

/** How an event that failed comes back. */
export interface Failure {
  /** After how long; by default as the policy says. */
  delayMs?: number;
  /** Why it failed. */
  reason?: string;
  /** Where it goes after the last attempt. */
  dead?: ModelQueue;
}

/** All that is known of an event. */
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

/** A queue; leases, delays and pauses never end by themselves. */
export class ModelQueue {
  /** What was said of it. */
  policy: Readonly<typeof NO_POLICY> = NO_POLICY;
  /** Whether it hands out nothing. */
  paused = false;
  /** Left to right. */
  readonly #ready: ModelEvent[];
  readonly #leased: Map<string, string>;
  readonly #delayed: Map<string, string>;
  /** How often each event has come back, if it has. */
  readonly #returns: Map<string, number>;
  /** Why each has failed last, if that was said. */
  readonly #reasons: Map<string, string>;

  /** An empty one, or one that holds what another does. */
  constructor(like?: ModelQueue) {
    this.#ready = like ? [...like.#ready] : [];
    this.#leased = new Map(like ? like.#leased : []);
    this.#delayed = new Map(like ? like.#delayed : []);
    this.#returns = new Map(like ? like.#returns : []);
    this.#reasons = new Map(like ? like.#reasons : []);
    if (like) Object.assign(this, { policy: like.policy, paused: like.paused });
  }

  /** How many events can be popped. */
  get ready(): number {
    return this.paused ? 0 : this.#ready.length;
  }

  /** How many are being processed. */
  get processing(): number {
    return this.#leased.size;
  }

  /** How many are kept back. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** How many it holds. */
  get total(): number {
    return this.#ready.length + this.processing + this.delayed;
  }

  /** Whether it takes no more pushes. */
  get full(): boolean {
    return this.policy.maxLength > 0 && this.total >= this.policy.maxLength;
  }

  /** Whether it answers like one that there has never been. */
  get untouched(): boolean {
    return this.total === 0 && !this.paused && this.policy === NO_POLICY;
  }

  /** The same for two queues that will answer alike for ever. */
  get state(): string {
    const maps = [this.#leased, this.#delayed, this.#returns, this.#reasons].map((map) => [...map].sort());
    return JSON.stringify([this.#ready, ...maps, this.policy, this.paused]);
  }

  /** Changes what was said of it; null takes it back. */
  setPolicy(change: Partial<typeof NO_POLICY> | null): void {
    this.policy = change === null ? NO_POLICY : { ...this.policy, ...change };
  }

  /** Whether the event was added: not if the id is held already. */
  push(id: string, contents: string, side: Side, delayMs = 0): boolean {
    if (this.has(id)) return false;
    this.#returns.delete(id);
    this.#reasons.delete(id);
    if (delayMs > 0) this.#delayed.set(id, contents);
    else if (side === "left") this.#ready.unshift([id, contents]);
    else this.#ready.push([id, contents]);
    return true;
  }

  /** Whether the id is held. */
  has(id: string): boolean {
    return this.#leased.has(id) || this.#delayed.has(id) || this.#ready.some(([held]) => held === id);
  }

  /** The ready event at one end. */
  peek(side: Side): ModelEvent | undefined {
    return this.#ready.at(side === "left" ? 0 : -1);
  }

  /** Takes the right-most event and leases it, unless that is for no time. */
  pop(leaseMs: number): ModelEvent | undefined {
    const event = this.paused ? undefined : this.#ready.pop();
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
    if (!this.#leased.has(id)) return 0;
    this.#comeBack(id, 0);
    return 1;
  }

  /** The same for one that failed. */
  nack(id: string, { delayMs, reason = "", dead }: Failure): number {
    const contents = this.#leased.get(id);
    if (contents === undefined) return 0;
    const { maxAttempts, backoffMs } = this.policy;
    const failures = (this.#returns.get(id) ?? 0) + 1;
    if (maxAttempts > 0 && failures >= maxAttempts && dead && !dead.has(id)) {
      this.#leased.delete(id);
      dead.push(id, contents, "left");
      dead.#returns.set(id, failures);
      dead.#reasons.set(id, reason);
    } else {
      this.#comeBack(id, delayMs ?? backoffMs);
      this.#reasons.set(id, reason);
    }
    return 1;
  }

  /** Moves ready events to another queue, and says how many. */
  move(destination: ModelQueue, most: number): number {
    let moved = 0;
    for (const [id, contents] of this.#ready.toReversed()) {
      if (moved === most || destination.full) break;
      if (!destination.push(id, contents, "left")) continue;
      this.ack(id);
      moved++;
    }
    return moved;
  }

  /** All that is known of an event. */
  event(id: string): ModelDetails | undefined {
    return this.events().find((event) => event.id === id);
  }

  /** The same of all, in no order. */
  events(): ModelDetails[] {
    const inState = (state: EventState, held: Iterable<readonly [string, string]>) =>
      Array.from(held, ([id, contents]) => ({
        ...{ id, contents, state },
        attempts: (this.#returns.get(id) ?? 0) + (state === "processing" ? 1 : 0),
        reason: this.#reasons.get(id) ?? "",
      }));
    return [
      ...inState("ready", this.#ready),
      ...inState("processing", this.#leased),
      ...inState("delayed", this.#delayed),
    ];
  }

  /** Removes all events. */
  flush(): void {
    this.#ready.length = 0;
    this.#leased.clear();
    this.#delayed.clear();
  }

  #comeBack(id: string, delayMs: number): void {
    const contents = this.#leased.get(id)!;
    this.#leased.delete(id);
    this.#returns.set(id, (this.#returns.get(id) ?? 0) + 1);
    if (delayMs > 0) this.#delayed.set(id, contents);
    else this.#ready.push([id, contents]);
  }
}
