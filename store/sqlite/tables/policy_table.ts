/**
 * Policies and pauses of queues, all in memory, because every push and pop needs them, and written through to the
 * table.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { DEFAULT_POLICY, type Policy } from "../../policy.ts";
import { prepare } from "../database/statements.ts";

interface QueueSettings {
  readonly name: Uint8Array;
  readonly policy: Readonly<Policy>;
  /** In ms; 0 if the queue is not paused. */
  readonly pausedUntil: number;
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
];

const NO_QUEUES: Uint8Array[] = [];

export class PolicyTable {
  readonly #byKey = new Map<string, QueueSettings>();
  readonly #all;
  readonly #save;
  readonly #delete;
  /** End of the first pause, in ms. */
  #nextResume = Infinity;
  /** Memory may differ from the table, after a rollback. */
  #stale = false;

  constructor(db: DatabaseSync) {
    this.#all = prepare<Row>(db, "allPolicies");
    this.#save = prepare(db, "savePolicy");
    this.#delete = prepare(db, "deletePolicy");
    this.#read();
  }

  of(key: string): Readonly<Policy> {
    return this.#byKey.get(key)?.policy ?? DEFAULT_POLICY;
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
    this.#set({ ...settings, policy: { ...policy, deadQueue: policy.deadQueue?.slice() ?? null } });
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

  /** Ends pauses at the begin of a transaction. Returns the names of their queues. */
  endPauses(now: number): Uint8Array[] {
    if (this.#stale) this.#read();
    if (now < this.#nextResume) return NO_QUEUES;
    const ended = [...this.#byKey.values()].filter(({ pausedUntil }) => pausedUntil > 0 && pausedUntil <= now);
    for (const settings of ended) this.#set({ ...settings, pausedUntil: 0 });
    return ended.map(({ name }) => name);
  }

  onRollback(): void {
    this.#stale = true;
  }

  #settings(name: Uint8Array): QueueSettings {
    return this.#byKey.get(keyOf(name)) ?? { name: name.slice(), policy: DEFAULT_POLICY, pausedUntil: 0 };
  }

  #set(settings: QueueSettings): void {
    const { name, policy, pausedUntil } = settings;
    if (pausedUntil === 0 && isDefault(policy)) {
      this.#delete.run(name);
      this.#byKey.delete(keyOf(name));
    } else {
      const { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs } = policy;
      this.#save.run(name, maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, pausedUntil);
      this.#byKey.set(keyOf(name), settings);
    }
    this.#nextResume = this.#firstPauseEnd();
  }

  #read(): void {
    this.#byKey.clear();
    for (const row of this.#all.all()) {
      const [name, maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, pausedUntil] = row;
      const policy = { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs };
      this.#byKey.set(keyOf(name), { name, policy, pausedUntil });
    }
    this.#nextResume = this.#firstPauseEnd();
    this.#stale = false;
  }

  #firstPauseEnd(): number {
    let first = Infinity;
    for (const { pausedUntil } of this.#byKey.values()) if (pausedUntil > 0) first = Math.min(first, pausedUntil);
    return first;
  }
}

function isDefault(policy: Readonly<Policy>): boolean {
  return (Object.keys(DEFAULT_POLICY) as (keyof Policy)[]).every((field) => policy[field] === DEFAULT_POLICY[field]);
}
