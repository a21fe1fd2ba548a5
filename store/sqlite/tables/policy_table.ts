/**
 * Policies and pauses of queues, all in memory, because every push and pop needs them, and written through to the
 * table.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { DEFAULT_POLICY, isDefaultPolicy, type Policy } from "../../policy.ts";
import { prepare } from "../database/statements.ts";

interface QueueSettings {
  readonly name: Uint8Array;
  readonly policy: Readonly<Policy>;
  /** In ms; 0 if the queue is not paused. */
  readonly pausedUntil: number;
  /** Stands for the queue among remembered ids; null if it remembers none. */
  readonly memory: number | null;
}

type Row = [
  name: Uint8Array,
  maxAttempts: number,
  deadQueue: Uint8Array | null,
  backoffMs: number,
  backoffMaxMs: number,
  maxLength: number,
  leaseMs: number,
  pausedUntil: number,
  groupLimit: number,
  rememberMs: number,
  maxProcessing: number,
  rate: number,
  memory: number | null,
];

/** In one transaction. */
const MAX_ENDED_PAUSES = 250;

const NO_QUEUES: Uint8Array[] = [];

export class PolicyTable {
  readonly #byKey = new Map<string, QueueSettings>();
  readonly #all;
  readonly #save;
  readonly #delete;
  readonly #insertFlushed;
  #lastMemory: number;
  /** No pause ends earlier, in ms. */
  #nextResume = Infinity;
  /** Memory may differ from the table, after a rollback. */
  #stale = false;

  constructor(db: DatabaseSync) {
    this.#all = prepare<Row>(db, "allPolicies");
    this.#save = prepare(db, "savePolicy");
    this.#delete = prepare(db, "deletePolicy");
    this.#insertFlushed = prepare(db, "insertFlushed");
    this.#lastMemory = prepare<[number | null]>(db, "lastMemory").get()?.[0] ?? 0;
    this.#read();
  }

  of(key: string): Readonly<Policy> {
    return this.#byKey.get(key)?.policy ?? DEFAULT_POLICY;
  }

  /** In ms; 0 if the queue is not paused. */
  pausedUntil(key: string): number {
    return this.#byKey.get(key)?.pausedUntil ?? 0;
  }

  memoryOf(key: string): number | null {
    return this.#byKey.get(key)?.memory ?? null;
  }

  isPaused(key: string): boolean {
    return (this.#byKey.get(key)?.pausedUntil ?? 0) > 0;
  }

  names(): Uint8Array[] {
    return [...this.#byKey.values()].map(({ name }) => name);
  }

  /** Null resets all fields. */
  change(name: Uint8Array, change: Partial<Policy> | null): void {
    const settings = this.#settings(name);
    const policy = change === null ? DEFAULT_POLICY : { ...settings.policy, ...change };
    const memory = policy.rememberMs > 0 ? settings.memory ?? --this.#lastMemory : null;
    if (memory !== settings.memory) this.#drop(settings.memory);
    this.#set({ ...settings, policy: { ...policy, deadQueue: policy.deadQueue?.slice() ?? null }, memory });
  }

  /** Forgets all remembered ids of a queue. */
  forget(name: Uint8Array): void {
    const settings = this.#settings(name);
    if (settings.memory === null) return;
    this.#drop(settings.memory);
    this.#set({ ...settings, memory: --this.#lastMemory });
  }

  /** `until` is in ms. */
  pause(name: Uint8Array, until: number): void {
    this.#set({ ...this.#settings(name), pausedUntil: until });
  }

  /** Returns whether the queue was paused. */
  resume(name: Uint8Array): boolean {
    const settings = this.#settings(name);
    if (settings.pausedUntil === 0) return false;
    this.#set({ ...settings, pausedUntil: 0 });
    return true;
  }

  /** Whether {@linkcode PolicyTable.endPauses} has more to do. */
  mayEndPauses(now: number): boolean {
    return this.#nextResume <= now;
  }

  /** Ends some pauses at the begin of a transaction. Returns the names of their queues. */
  endPauses(now: number): Uint8Array[] {
    if (this.#stale) this.#read();
    if (!this.mayEndPauses(now)) return NO_QUEUES;
    const ended: QueueSettings[] = [];
    let next = Infinity;
    for (const settings of this.#byKey.values()) {
      const { pausedUntil } = settings;
      if (pausedUntil > 0 && pausedUntil <= now && ended.length < MAX_ENDED_PAUSES) ended.push(settings);
      else if (pausedUntil > 0) next = Math.min(next, pausedUntil);
    }
    for (const settings of ended) this.#set({ ...settings, pausedUntil: 0 });
    this.#nextResume = next;
    return ended.map(({ name }) => name);
  }

  onRollback(): void {
    this.#stale = true;
  }

  #settings(name: Uint8Array): QueueSettings {
    return this.#byKey.get(keyOf(name)) ?? { name: name.slice(), policy: DEFAULT_POLICY, pausedUntil: 0, memory: null };
  }

  #set(settings: QueueSettings): void {
    const { name, policy, pausedUntil, memory } = settings;
    if (pausedUntil === 0 && isDefaultPolicy(policy)) {
      this.#delete.run(name);
      this.#byKey.delete(keyOf(name));
    } else {
      const { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, ...more } = policy;
      const { groupLimit, rememberMs, maxProcessing, rate } = more;
      const first = [name, maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, pausedUntil];
      this.#save.run(...first, groupLimit, rememberMs, maxProcessing, rate, memory);
      this.#byKey.set(keyOf(name), settings);
    }
    if (pausedUntil > 0) this.#nextResume = Math.min(this.#nextResume, pausedUntil);
  }

  /** Leaves remembered ids to the cleanup. */
  #drop(memory: number | null): void {
    if (memory !== null) this.#insertFlushed.run(memory);
  }

  #read(): void {
    this.#byKey.clear();
    for (const row of this.#all.all()) {
      const [name, maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, pausedUntil, ...more] = row;
      const [groupLimit, rememberMs, maxProcessing, rate, memory] = more;
      const policy = { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs };
      this.#byKey.set(keyOf(name), {
        name,
        policy: { ...policy, groupLimit, rememberMs, maxProcessing, rate },
        pausedUntil,
        memory,
      });
    }
    this.#nextResume = 0; // to be found again
    this.#stale = false;
  }
}
