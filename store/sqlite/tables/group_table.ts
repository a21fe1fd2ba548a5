/**
 * How many events of each group hold a place, and how many wait for one, in memory: a push or an acknowledgement need not
 * ask the file. Only groups of such events take memory.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { BLOCKED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";

/** Events of one group. */
export interface GroupCounts {
  ready: number;
  /** Leased, or delayed after a failed delivery. */
  out: number;
  blocked: number;
}

/** A walk through the groups of a queue whose limit was raised. */
interface Walk {
  keys: Iterator<string>;
  /** The group that it has come to. */
  key?: string;
}

const NONE: Readonly<GroupCounts> = { ready: 0, out: 0, blocked: 0 };

export class GroupTable {
  /** By the id of the queue, then by the key of the group. */
  readonly #queues = new Map<number, Map<string, GroupCounts>>();
  /** By the id of the queue. */
  readonly #walks = new Map<number, Walk>();
  /** Queues whose walks changed in this transaction. */
  readonly #walked = new Set<number>();
  /** Undo the changes of this transaction. */
  #undo: (() => void)[] = [];

  constructor(db: DatabaseSync) {
    const rows = prepare<[number, Uint8Array, number, number]>(db, "groupCounts").all();
    for (const [queueId, group, state, events] of rows) this.#add(queueId, keyOf(group), state, events);
    // A limit may have been raised shortly before the end.
    for (const queueId of this.#queues.keys()) this.raised(queueId);
  }

  of(queueId: number, group: Uint8Array): Readonly<GroupCounts> {
    return this.#queues.get(queueId)?.get(keyOf(group)) ?? NONE;
  }

  /** Counts an event that joins, changes its state, or leaves. Null: it is not in the group. */
  change(queueId: number, group: Uint8Array, from: number | null, to: number | null): void {
    const key = keyOf(group);
    this.#move(queueId, key, from, to);
    this.#undo.push(() => this.#move(queueId, key, to, from));
  }

  /** The queue holds no events any longer. */
  forget(queueId: number): void {
    const groups = this.#queues.get(queueId);
    if (groups === undefined) return;
    this.#queues.delete(queueId);
    this.#undo.push(() => this.#queues.set(queueId, groups));
  }

  /** The limit of a queue was raised: each of its groups may have free places. */
  raised(queueId: number): void {
    const groups = this.#queues.get(queueId);
    if (groups !== undefined) this.#walks.set(queueId, { keys: groups.keys() });
    else this.#walks.delete(queueId);
  }

  /** The ids of the queues whose groups may have free places. */
  withFreePlaces(): number[] {
    return [...this.#walks.keys()];
  }

  /**
   * The key of a group of such a queue that was not passed yet, or undefined if all were.
   *
   * @param pass goes past the one that was returned last
   */
  nextGroup(queueId: number, pass: boolean): string | undefined {
    const walk = this.#walks.get(queueId);
    if (walk === undefined) return undefined;
    this.#walked.add(queueId);
    if (pass || walk.key === undefined) walk.key = walk.keys.next().value;
    if (walk.key === undefined) this.#walks.delete(queueId);
    return walk.key;
  }

  onBegin(): void {
    this.#undo = [];
    this.#walked.clear();
  }

  onRollback(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
    for (const queueId of [...this.#walked, ...this.#walks.keys()]) this.raised(queueId);
  }

  #move(queueId: number, key: string, from: number | null, to: number | null): void {
    if (to !== null) this.#add(queueId, key, to, 1);
    if (from !== null) this.#add(queueId, key, from, -1);
  }

  #add(queueId: number, key: string, state: number, events: number): void {
    let groups = this.#queues.get(queueId);
    if (groups === undefined) this.#queues.set(queueId, groups = new Map());
    let counts = groups.get(key);
    if (counts === undefined) groups.set(key, counts = { ...NONE });
    counts[state === READY ? "ready" : state === BLOCKED ? "blocked" : "out"] += events;
    if (counts.ready + counts.out + counts.blocked > 0) return;
    groups.delete(key);
    if (groups.size === 0) this.#queues.delete(queueId);
  }
}
