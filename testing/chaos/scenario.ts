/**
 * Types of a scenario.
 *
 * @module
 */
import type { OkqOptions, OkqProcess } from "../okq_process.ts";
import type { Random } from "../random.ts";
import type { History } from "./history.ts";
import type { Ledger } from "./ledger.ts";
import type { Stalls } from "./stalls.ts";

export interface Chaos {
  seconds: number;
  random: Random;
  okqs: OkqProcess[];
  ledger: Ledger;
  history: History;
  /** Outages of the store are reported here. */
  stalls: Stalls;
  /** Logs a step; shown with `--verbose` and when the run fails. */
  note(text: string): void;
  expect(condition: boolean, message: string): void;
}

export interface Setup {
  instances: OkqOptions[];
  /** Resolves when the fault is over. */
  fault(chaos: Chaos): Promise<void>;
  /** Checks the end state, when all queues are empty and all instances run. */
  finish?(chaos: Chaos): Promise<void>;
}

export interface Scenario {
  name: string;
  /** One line: the store, its settings and the faults. */
  about: string;
  /**
   * Redis may stop a call halfway, so that a failed delivery is not counted and its receipt is used again, and that a push
   * which was stopped, and repeated, is twice in line.
   */
  stopsCalls?: boolean;
  /** What must be stopped goes on the stack. */
  open(stack: AsyncDisposableStack, random: Random): Promise<Setup>;
}
