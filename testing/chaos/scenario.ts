/**
 * Types of a scenario.
 *
 * @module
 */
import type { OkqOptions, OkqProcess } from "../okq_process.ts";
import type { Random } from "../random.ts";
import type { Ledger } from "./ledger.ts";
import type { Stalls } from "./stalls.ts";

/** What a scenario works with during a run. */
export interface Chaos {
  /** For how long faults are injected, in seconds. */
  seconds: number;
  /** Chooses the faults. */
  random: Random;
  okqs: OkqProcess[];
  ledger: Ledger;
  /** Where the scenario reports outages of the store. */
  stalls: Stalls;
  /** Logs a step; shown with `--verbose` and when the run fails. */
  note(text: string): void;
  /** Fails the run with this message unless the condition holds. */
  expect(condition: boolean, message: string): void;
}

/** The servers of a scenario, once they run. */
export interface Setup {
  /** The okq instances to start, each with its store. */
  instances: OkqOptions[];
  /** Injects one fault, and resolves when it is over. */
  fault(chaos: Chaos): Promise<void>;
  /** Checks the end state, when all queues are empty and all instances run. */
  finish?(chaos: Chaos): Promise<void>;
}

/** A store with its settings, and a kind of fault. */
export interface Scenario {
  /** Value of `--scenario`. */
  name: string;
  /** One line: the store, its settings and the faults. */
  about: string;
  /** Starts the servers; what must be stopped goes on the stack. */
  open(stack: AsyncDisposableStack, random: Random): Promise<Setup>;
}
