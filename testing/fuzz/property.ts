/**
 * A way to fuzz: what is made at random, and what is done with it.
 *
 * @module
 */
import type { fc } from "../../tests/deps.ts";
import { bytes, type Wire } from "../../tests/support/wire.ts";
import type { Target } from "./target.ts";

/** A way to fuzz. */
export interface Drive<Plan = unknown> {
  /** Its name on the command line. */
  name: string;
  /** What it looks for. */
  about: string;
  /** Runs in a row, before it is another one's turn. */
  runs: number;
  /** What is made at random. */
  plan: fc.Arbitrary<Plan>;
  /**
   * Does it.
   * @param name what the names of queues start with, for nobody else uses such
   * @throws what is wrong
   */
  run(plan: Plan, target: Pick<Target, "connect">, name: string): Promise<void>;
}

/** Makes queues, and those of their dead letters, as if they had never been. */
export async function cleanUp(wire: Wire, queues: readonly string[]): Promise<void> {
  for (const queue of queues.flatMap((name) => [name, `${name}:dead`])) {
    for (const command of [["QFLUSH"], ["QCONFIG", "RESET"], ["QRESUME"]]) await wire.command(...command, bytes(queue));
  }
}
