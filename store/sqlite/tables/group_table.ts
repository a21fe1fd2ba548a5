/**
 * The groups of events in memory: how many of their events hold a place, and which wait for one. A push or an
 * acknowledgement need not ask the file, which needs no index of them.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { keyOf } from "../../bytes.ts";
import { BLOCKED, READY } from "../database/layout.ts";
import { prepare } from "../database/statements.ts";
import { Line } from "./line.ts";

const ROWS_PER_READ = 5_000;

/** The events of a queue with the same key. */
export interface Group {
  readonly queueId: number;
  readonly key: string;
  /** Number of its events. */
  ready: number;
  /** Leased, or delayed after a failed delivery. */
  out: number;
  /** Its blocked events. */
  readonly line: Line;
}

/** A walk through the groups of a queue whose limit was raised. */
interface Walk {
  keys: Iterator<string>;
  /** The group that it has come to. */
  key?: string;
}

export class GroupTable {
  /** By the id of the queue, then by the key of the group. */
  readonly #queues = new Map<number, Map<string, Group>>();
  /** By the id of the queue. */
  readonly #walks = new Map<number, Walk>();
  /** Queues whose walks changed in this transaction. */
  readonly #walked = new Set<number>();
  /** Undo the changes of this transaction. */
  #undo: (() => void)[] = [];

  constructor(db: DatabaseSync) {
    const places = prepare<[queueId: number, group: Uint8Array, state: number, events: number]>(db, "heldPlaces");
    for (const [queueId, group, state, events] of places.all()) this.#add(this.of(queueId, group), 0, state, events);
    const read = prepare<[turn: number, group: Uint8Array]>(db, "blockedTurns");
    for (const [queueId] of prepare<[number]>(db, "queuesWithBlocked").all()) {
      for (let before = Number.MAX_SAFE_INTEGER, rows; (rows = read.all(queueId, before, ROWS_PER_READ)).length > 0;) {
        for (const [turn, group] of rows) this.#add(this.of(queueId, group), before = turn, BLOCKED, 1);
      }
    }
    // A limit may have been raised shortly before the end.
    for (const queueId of this.#queues.keys()) this.raised(queueId);
  }

  /** A group; without events if it is not there. */
  of(queueId: number, group: Uint8Array): Group {
    return this.ofKey(queueId, keyOf(group));
  }

  ofKey(queueId: number, key: string): Group {
    return this.#queues.get(queueId)?.get(key) ?? { queueId, key, ready: 0, out: 0, line: new Line() };
  }

  /** Has an event join, change its state, or leave. Null: it is not in the group. */
  change(group: Group, turn: number, from: number | null, to: number | null): void {
    this.#move(group, turn, from, to);
    this.#undo.push(() => this.#move(group, turn, to, from));
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
   * A group of such a queue that was not passed yet, or undefined if all were.
   *
   * @param pass goes past the one that was returned last
   */
  nextGroup(queueId: number, pass: boolean): Group | undefined {
    const walk = this.#walks.get(queueId);
    if (walk === undefined) return undefined;
    this.#walked.add(queueId);
    if (pass || walk.key === undefined) walk.key = walk.keys.next().value;
    if (walk.key !== undefined) return this.ofKey(queueId, walk.key);
    this.#walks.delete(queueId);
    return undefined;
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

  #move(group: Group, turn: number, from: number | null, to: number | null): void {
    if (to !== null) this.#add(group, turn, to, 1);
    if (from !== null) this.#add(group, turn, from, -1);
  }

  #add(group: Group, turn: number, state: number, events: number): void {
    if (isEmpty(group)) this.#put(group);
    if (state === READY) group.ready += events;
    else if (state !== BLOCKED) group.out += events;
    else if (events > 0) group.line.add(turn);
    else group.line.delete(turn);
    if (isEmpty(group)) this.#drop(group);
  }

  #put(group: Group): void {
    let groups = this.#queues.get(group.queueId);
    if (groups === undefined) this.#queues.set(group.queueId, groups = new Map());
    groups.set(group.key, group);
  }

  #drop({ queueId, key }: Group): void {
    const groups = this.#queues.get(queueId);
    groups?.delete(key);
    if (groups?.size === 0) this.#queues.delete(queueId);
  }
}

function isEmpty({ ready, out, line }: Group): boolean {
  return ready + out + line.size === 0;
}
