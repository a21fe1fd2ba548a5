/**
 * What a scenario is made of.
 *
 * @module
 */
import type { Ledger } from "./ledger.ts";
import type { Okq, OkqOptions } from "../okq_process.ts";
import type { Random } from "../random.ts";
import type { Stalls } from "./stalls.ts";

/** What a scenario works with. */
export interface Chaos {
  /** How long there are faults, in seconds. */
  seconds: number;
  /** Chooses the faults. */
  random: Random;
  /** The okq instances. */
  okqs: Okq[];
  /** The ledger of the load. */
  ledger: Ledger;
  /** When the store could not be expected to serve, and how long that lasted beyond. */
  stalls: Stalls;
  /** Says what happens, for a closer look. */
  note(text: string): void;
  /** Something must be so; if not, the run has failed. */
  expect(isSo: boolean, what: string): void;
}

/** What a scenario has set up. */
export interface World {
  /** The okq instances to run, each with its store. */
  instances: OkqOptions[];
  /** One fault, from its beginning until nothing of it is left. */
  fault(chaos: Chaos): Promise<void>;
  /** What is to be seen in the end, when the queues are empty and all instances run. */
  finish?(chaos: Chaos): Promise<void>;
}

/** Events that an okq with these settings may lose or deliver after their acknowledgement, and how long it may stall. */
export interface Promised {
  /** Events lost. */
  lost: number;
  /** Events delivered after their acknowledgement was answered with 1. */
  doubled: number;
  /** Longest time from the store's being able to serve until every queue takes pushes again, in milliseconds. */
  resumed: number;
  /** Longest time without any push while the store could serve, in milliseconds. */
  stalled: number;
}

/** A kind of fault and the place where it happens. */
export interface Scenery {
  /** What `--scenario` is given. */
  name: string;
  /** In a sentence: the store, its settings and the faults. */
  about: string;
  /** Sets everything up; whatever is to be taken down again goes on the stack. */
  open(stack: AsyncDisposableStack, random: Random): Promise<World>;
}

/** A scenery, and what okq promises in it. */
export interface Scenario extends Scenery {
  /** What is promised. */
  promised: Promised;
}
