/**
 * The ids of acknowledged events, of queues whose policy says so. On disk only, because they may be very many.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import { prepare } from "../database/statements.ts";
import type { Clock } from "../database/clock.ts";
import type { PolicyTable } from "./policy_table.ts";

export class RememberedIds {
  readonly #policies: PolicyTable;
  readonly #clock: Clock;
  readonly #remember;
  readonly #until;
  readonly #forgetDue;
  readonly #forgetMemory;

  constructor(db: DatabaseSync, policies: PolicyTable, clock: Clock) {
    this.#policies = policies;
    this.#clock = clock;
    this.#remember = prepare(db, "rememberId");
    this.#until = prepare<[number]>(db, "rememberedUntil");
    this.#forgetDue = prepare(db, "forgetDue");
    this.#forgetMemory = prepare(db, "forgetMemory");
  }

  /** Remembers an id if the policy of its queue says so. */
  add(key: string, id: Uint8Array): void {
    const memory = this.#policies.memoryOf(key);
    if (memory === null) return;
    this.#remember.run(memory, id, this.#clock.after(this.#policies.of(key).rememberMs));
  }

  /** When an id is forgotten, in ms since the epoch; null if it is not remembered. */
  until(key: string, id: Uint8Array): number | null {
    const memory = this.#policies.memoryOf(key);
    const row = memory === null ? undefined : this.#until.get(memory, id);
    return row === undefined || this.#clock.hasReached(row[0]) ? null : row[0];
  }

  /** Deletes ids whose time is over. Returns their number. */
  deleteDue(limit: number): number {
    return Number(this.#forgetDue.run(this.#clock.now, limit).changes);
  }

  /** Deletes ids that a queue has forgotten. Returns their number. */
  deleteOf(memory: number, limit: number): number {
    return Number(this.#forgetMemory.run(memory, limit).changes);
  }
}
