/**
 * What was said of queues as a whole: their policies, and which are paused. All of it is in memory, because every push
 * and pop asks for it, and written through to the table.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { DEFAULT_POLICY, type Policy } from "../../policy.ts";
import { prepare } from "../database/statements.ts";

/** What was said of one queue. */
interface QueueSettings {
  /** The queue's name. */
  readonly name: Uint8Array;
  readonly policy: Readonly<Policy>;
  /** When it is paused no more, in ms; 0 if it is not paused. */
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

const NOBODY: Uint8Array[] = [];

/** The policies of all queues that have one, and the pauses. What it changes is a part of the current transaction. */
export class Policies {
  readonly #byKey = new Map<string, QueueSettings>();
  readonly #all;
  readonly #save;
  readonly #delete;
  /** When the first pause is over, in ms. */
  #nextResume = Infinity;
  /** What is in memory may not be what is in the table. */
  #stale = false;

  constructor(db: DatabaseSync) {
    this.#all = prepare<Row>(db, "allPolicies");
    this.#save = prepare(db, "savePolicy");
    this.#delete = prepare(db, "deletePolicy");
    this.#read();
  }

  /** The policy of a queue, by its map key. */
  of(key: string): Readonly<Policy> {
    return this.#byKey.get(key)?.policy ?? DEFAULT_POLICY;
  }

  /** Whether a queue is paused, by its map key. */
  isPaused(key: string): boolean {
    return (this.#byKey.get(key)?.pausedUntil ?? 0) > 0;
  }

  /** The names of the queues of which something was said. */
  names(): Uint8Array[] {
    return [...this.#byKey.values()].map(({ name }) => name);
  }

  /** Changes the policy of a queue; null takes back all of it. */
  change(name: Uint8Array, change: Partial<Policy> | null): void {
    const said = this.#said(name);
    const policy = change === null ? DEFAULT_POLICY : { ...said.policy, ...change };
    this.#set({ ...said, policy: { ...policy, deadQueue: policy.deadQueue?.slice() ?? null } });
  }

  /** Pauses a queue until a time in ms. */
  pause(name: Uint8Array, until: number): void {
    this.#set({ ...this.#said(name), pausedUntil: until });
  }

  /** Returns whether the queue was paused. */
  resume(name: Uint8Array): boolean {
    const said = this.#said(name);
    if (said.pausedUntil === 0) return false;
    this.#set({ ...said, pausedUntil: 0 });
    return true;
  }

  /** A transaction has begun. Returns the queues that are paused no more since this moment, in ms. */
  begun(now: number): Uint8Array[] {
    if (this.#stale) this.#read();
    if (now < this.#nextResume) return NOBODY;
    const over = [...this.#byKey.values()].filter(({ pausedUntil }) => pausedUntil > 0 && pausedUntil <= now);
    for (const said of over) this.#set({ ...said, pausedUntil: 0 });
    return over.map(({ name }) => name);
  }

  /** What was not committed is gone. */
  forget(): void {
    this.#stale = true;
  }

  #said(name: Uint8Array): QueueSettings {
    return this.#byKey.get(keyOf(name)) ?? { name: name.slice(), policy: DEFAULT_POLICY, pausedUntil: 0 };
  }

  #set(said: QueueSettings): void {
    const { name, policy, pausedUntil } = said;
    if (pausedUntil === 0 && isDefault(policy)) {
      this.#delete.run(name);
      this.#byKey.delete(keyOf(name));
    } else {
      const { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs } = policy;
      this.#save.run(name, maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, pausedUntil);
      this.#byKey.set(keyOf(name), said);
    }
    this.#nextResume = this.#firstEnd();
  }

  #read(): void {
    this.#byKey.clear();
    for (const [name, maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs, until] of this.#all.all()) {
      const policy = { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs };
      this.#byKey.set(keyOf(name), { name, policy, pausedUntil: until });
    }
    this.#nextResume = this.#firstEnd();
    this.#stale = false;
  }

  #firstEnd(): number {
    let first = Infinity;
    for (const { pausedUntil } of this.#byKey.values()) if (pausedUntil > 0) first = Math.min(first, pausedUntil);
    return first;
  }
}

function isDefault(policy: Readonly<Policy>): boolean {
  return (Object.keys(DEFAULT_POLICY) as (keyof Policy)[]).every((field) => policy[field] === DEFAULT_POLICY[field]);
}
