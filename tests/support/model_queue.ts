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

/** An event in a queue. */
export interface ModelDetails {
  readonly id: string;
  readonly contents: string;
  readonly group?: string;
  readonly meta?: string;
  state: EventState;
  /** Deliveries, the current one included. */
  attempts: number;
  /** Of the last failure. */
  reason: string;
}

interface Held extends ModelDetails {
  /** Whether it holds a place of its group. */
  placed: boolean;
}

/** Options of a push. */
export interface ModelOptions {
  delayMs?: number;
  group?: string;
  meta?: string;
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

/** Groups: a few, and keys that are parts of others. They have no upper-case letters. */
export const modelGroups: fc.Arbitrary<string> = fc.constantFrom("a", "a", "b", "b", "aa", "a\0", "\xff".repeat(512));

export const modelMeta: fc.Arbitrary<string> = fc.constantFrom("traceparent: 00", "\xff\0\r\n", "m".repeat(4096));

/** The times are 0, or longer than a test; so is the time until a rate allows the first event. */
const NO_POLICY = {
  ...{ maxAttempts: 0, maxLength: 0, backoffMs: 0, backoffMaxMs: 0, leaseMs: 30_000 },
  ...{ groupLimit: 1, rememberMs: 0, maxProcessing: 0, rate: 0 },
};

export type ModelPolicy = Readonly<typeof NO_POLICY>;

/** A queue. Leases, delays and pauses do not end by themselves. */
export class ModelQueue {
  policy: ModelPolicy = NO_POLICY;
  paused = false;
  /** Expression and time zone by name. */
  readonly timetables: Map<string, [expression: string, zone: string]>;
  readonly #events: Map<string, Held>;
  /** Ids, left to right. */
  #ready: string[];
  /** Ids of blocked events by group, the next one first. */
  readonly #lines: Map<string, string[]>;
  /** Ids of events acknowledged while the policy remembered them. */
  readonly #done: Set<string>;

  /** Creates an empty queue, or a copy of another. */
  constructor(like?: ModelQueue) {
    const events = like ? [...like.#events] : [];
    this.#events = new Map(events.map(([id, event]) => [id, { ...event }]));
    this.#ready = like ? [...like.#ready] : [];
    this.#lines = new Map(Array.from(like ? like.#lines : [], ([group, line]) => [group, [...line]]));
    this.#done = new Set(like ? like.#done : []);
    this.timetables = new Map(like ? like.timetables : []);
    if (like) Object.assign(this, { policy: like.policy, paused: like.paused });
  }

  /** The number of events that can be popped. */
  get ready(): number {
    return this.paused ? 0 : Math.min(this.#ready.length, this.#room);
  }

  get processing(): number {
    return this.#count("processing");
  }

  get delayed(): number {
    return this.#count("delayed");
  }

  get blocked(): number {
    return this.#count("blocked");
  }

  get total(): number {
    return this.#events.size;
  }

  get limited(): boolean {
    return this.#ready.length > 0 && this.#room === 0;
  }

  get full(): boolean {
    return this.policy.maxLength > 0 && this.total >= this.policy.maxLength;
  }

  /** Whether it behaves like a new queue. */
  get untouched(): boolean {
    return this.total === 0 && !this.paused && this.policy === NO_POLICY && this.timetables.size === 0;
  }

  /** Equal for two queues that will behave alike. */
  get state(): string {
    const events = [...this.#events.values()].sort((a, b) => a.id < b.id ? -1 : 1);
    const lines = [...this.#lines].filter(([, line]) => line.length > 0).sort();
    const others = [[...this.#done].sort(), this.policy, this.paused, [...this.timetables].sort()];
    return JSON.stringify([events, this.#ready, lines, ...others]);
  }

  /** A groupLimit that is raised has no effect on events that are blocked until {@linkcode raise}. */
  setPolicy(change: Partial<ModelPolicy> | null): void {
    this.policy = change === null ? NO_POLICY : { ...this.policy, ...change };
  }

  /** The most places that a group holds. */
  get mostPlaces(): number {
    return Math.max(0, ...[...this.#lines.keys()].map((group) => this.#places(group)));
  }

  /**
   * Makes blocked events ready as far as groupLimit allows; the order of their groups is for the store to choose.
   * @param readyIds left to right, as in the store
   * @returns whether the store may have this order
   */
  raise(readyIds: string[]): boolean {
    const before = this.#ready.length;
    for (const group of this.#lines.keys()) this.#fill(group);
    const added = this.#ready.slice(0, -before || undefined);
    const chosen = readyIds.slice(0, -before || undefined);
    const ofGroup = (ids: string[], group: string) => ids.filter((id) => this.#events.get(id)?.group === group).join();
    const sameEvents = readyIds.length === this.#ready.length &&
      readyIds.slice(chosen.length).join() === this.#ready.slice(added.length).join() &&
      [...this.#lines.keys()].every((group) => ofGroup(chosen, group) === ofGroup(added, group));
    if (sameEvents) this.#ready = [...readyIds];
    return sameEvents;
  }

  /** Returns whether the event was added. */
  push(id: string, contents: string, side: Side, { delayMs = 0, group, meta }: ModelOptions = {}): boolean {
    if (this.takes(id)) return false;
    this.#done.delete(id);
    this.#add({ id, contents, group, meta, state: "delayed", attempts: 0, reason: "", placed: false });
    if (delayMs === 0) this.#enter(this.#events.get(id)!, side);
    return true;
  }

  /** Adds all events, or none if it returns the id of one that is refused. */
  pushAll(events: readonly ModelEvent[], side: Side, options: ModelOptions = {}): string | null {
    const refused = events.find(([id], i) => this.takes(id) || events.slice(0, i).some(([other]) => other === id));
    if (refused !== undefined) return refused[0];
    for (const [id, contents] of events) this.push(id, contents, side, options);
    return null;
  }

  has(id: string): boolean {
    return this.#events.has(id);
  }

  /** Whether it holds or remembers the id. */
  takes(id: string): boolean {
    return this.has(id) || this.remembers(id);
  }

  remembers(id: string): boolean {
    return this.policy.rememberMs > 0 && this.#done.has(id) && !this.has(id);
  }

  peek(side: Side): ModelEvent | undefined {
    return this.#asEvent(this.#ready.at(side === "left" ? 0 : -1));
  }

  /** Removes the right-most event, and leases it unless `leaseMs` is 0. */
  pop(leaseMs: number): ModelEvent | undefined {
    const popped = this.#asEvent(this.ready === 0 ? undefined : this.#ready.at(-1));
    if (popped === undefined) return undefined;
    const event = this.#events.get(popped[0])!;
    event.attempts++;
    if (leaseMs > 0) {
      this.#ready.pop();
      event.state = "processing";
    } else this.ack(event.id);
    return popped;
  }

  claim(count: number, leaseMs: number): { event: ModelEvent; attempt: number; group?: string; meta?: string }[] {
    const claimed = [];
    while (claimed.length < count && this.ready > 0) {
      const { attempts, group, meta } = this.#events.get(this.#ready.at(-1)!)!;
      claimed.push({ event: this.pop(leaseMs)!, attempt: attempts + 1, group, meta });
    }
    return claimed;
  }

  isLeased(id: string): boolean {
    return this.#events.get(id)?.state === "processing";
  }

  /** Returns the number of events removed. */
  ack(id: string): number {
    if (!this.has(id)) return 0;
    this.#remove(id);
    if (this.policy.rememberMs > 0) this.#done.add(id);
    return 1;
  }

  /** Returns the number of events that returned. */
  redo(id: string): number {
    if (!this.isLeased(id)) return 0;
    this.#requeue(id, 0);
    return 1;
  }

  /** Returns 0 if the event was not leased, 2 if it moved to the dead queue, else 1. */
  nack(id: string, { delayMs, reason = "", dead, last = false }: Failure): number {
    if (!this.isLeased(id)) return 0;
    const event = this.#events.get(id)!;
    const { maxAttempts, backoffMs } = this.policy;
    event.reason = reason;
    if ((last || maxAttempts > 0 && event.attempts >= maxAttempts) && dead && !dead.has(id)) {
      this.#remove(id);
      dead.#add({ ...event, state: "ready", placed: false });
      dead.#ready.unshift(id);
      return 2;
    }
    this.#requeue(id, delayMs ?? backoffMs);
    return 1;
  }

  /** Moves ready events to another queue. Returns their number. */
  move(destination: ModelQueue, count: number): number {
    let [moved, skipped] = [0, 0];
    while (moved < count && skipped < this.#ready.length && !destination.full) {
      const { id, contents, group, meta } = this.#events.get(this.#ready.at(-1 - skipped)!)!;
      if (destination.has(id)) skipped++;
      else {
        this.#remove(id);
        destination.#done.delete(id);
        destination.push(id, contents, "left", { group, meta });
        moved++;
      }
    }
    return moved;
  }

  event(id: string): Readonly<ModelDetails> | undefined {
    return this.#events.get(id);
  }

  /** All events, in no order. */
  events(): Readonly<ModelDetails>[] {
    return [...this.#events.values()];
  }

  flush(): void {
    this.#ready.length = 0;
    for (const part of [this.#events, this.#lines, this.#done]) part.clear();
  }

  #count(state: EventState): number {
    return this.events().filter((event) => event.state === state).length;
  }

  /** How many more events may be leased. */
  get #room(): number {
    const { maxProcessing, rate } = this.policy;
    if (rate > 0) return 0;
    return maxProcessing === 0 ? Infinity : Math.max(0, maxProcessing - this.processing);
  }

  #asEvent(id: string | undefined): ModelEvent | undefined {
    return id === undefined ? undefined : [id, this.#events.get(id)!.contents];
  }

  #add(event: Held): void {
    this.#events.set(event.id, event);
    if (event.group !== undefined && !this.#lines.has(event.group)) this.#lines.set(event.group, []);
  }

  #places(group: string): number {
    return [...this.#events.values()].filter((event) => event.placed && event.group === group).length;
  }

  /** Makes an event ready or blocked. */
  #enter(event: Held, side: Side): void {
    const { id, group } = event;
    const isFree = group === undefined || this.#places(group) < this.policy.groupLimit;
    const list = isFree ? this.#ready : this.#lines.get(group)!;
    // A line begins on its left.
    if (isFree === (side === "left")) list.unshift(id);
    else list.push(id);
    event.state = isFree ? "ready" : "blocked";
    event.placed = isFree && group !== undefined;
  }

  #remove(id: string): void {
    const { group, placed, state } = this.#events.get(id)!;
    this.#events.delete(id);
    const list = state === "ready" ? this.#ready : state === "blocked" ? this.#lines.get(group!)! : undefined;
    list?.splice(list.indexOf(id), 1);
    if (placed) this.#fill(group!);
  }

  /** Gives the free places of a group to its next events. */
  #fill(group: string): void {
    const line = this.#lines.get(group)!;
    while (line.length > 0 && this.#places(group) < this.policy.groupLimit) {
      this.#enter(this.#events.get(line.shift()!)!, "left");
    }
  }

  #requeue(id: string, delayMs: number): void {
    const event = this.#events.get(id)!;
    event.state = delayMs > 0 ? "delayed" : "ready";
    if (event.state === "ready") this.#ready.push(id);
  }
}
