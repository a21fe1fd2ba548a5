/**
 * States that a server can be in while it is measured, and how it is brought there.
 *
 * @module
 */
import { Crowd } from "../load/crowd.ts";
import type { LoadClient } from "../load/load.ts";
import { ID, respStep } from "../load/step.ts";
import { sleep } from "../../proc.ts";
import type { System } from "../systems.ts";

/** The queue that is measured in every state. */
export const QUEUE = "state";
/** Contents of all events, in bytes. */
export const BYTES = 32;

const WAITING = 1_000_000;
const LEASES = 100_000;
const QUEUES = 100_000;
const SILENT = 9_950;
const WAITERS = 1000;
/** Connections opened at a time, so that none is refused. */
const STEP = 500;
const SETTLE_MS = 2000;

/** How ids and events lie after a state has been made. */
export interface Made {
  /** The first id that has not been pushed. */
  pushed: number;
  /** The id that is popped first, if it is not one that will be pushed. */
  next?: number;
}

/** A state. */
export interface State {
  /** What the report calls it. */
  name: string;
  /** Brings an empty server there; what is put on the stack ends it. */
  make(system: System, client: LoadClient, stack: DisposableStack): Promise<Made>;
}

/** One connection, so that events wait in the order of their ids. */
const inOrder = (system: System) => ({ port: system.port, connections: 1, pipeline: 256 });

/** Pushes events with ids from 0, in order. */
export async function fill(system: System, client: LoadClient, events: number): Promise<void> {
  await client.drive({ ...inOrder(system), steps: [system.steps(QUEUE, BYTES).push], events });
}

/** Gives so many queues an event each. */
export async function fillQueues(system: System, client: LoadClient, queues: number): Promise<void> {
  const push = respStep(["QLPUSH", ID, "1", "x".repeat(BYTES)], "sequence", 1, "+OK");
  await client.drive({ ...inOrder(system), steps: [push], events: queues });
}

async function crowd(system: System, count: number, stack: DisposableStack): Promise<Crowd[]> {
  const crowds: Crowd[] = [];
  for (let i = 0; i < count; i += STEP) {
    crowds.push(stack.use(new Crowd(system.port, Math.min(STEP, count - i))));
    crowds.at(-1)!.ask("PING");
  }
  await sleep(SETTLE_MS);
  return crowds;
}

/** All states. */
export const STATES: readonly State[] = [
  {
    name: `${WAITING.toLocaleString("en-US")} events waiting on the queue`,
    async make(system, client) {
      await fill(system, client, WAITING);
      return { pushed: WAITING, next: 0 };
    },
  },
  {
    name: `${LEASES.toLocaleString("en-US")} leases open on the queue`,
    async make(system, client) {
      await fill(system, client, LEASES);
      await client.drive({ ...inOrder(system), steps: [system.steps(QUEUE, BYTES).pop], events: LEASES });
      return { pushed: LEASES };
    },
  },
  {
    name: `${QUEUES.toLocaleString("en-US")} other queues with an event`,
    async make(system, client) {
      await fillQueues(system, client, QUEUES);
      return { pushed: 0 };
    },
  },
  {
    name: `${SILENT.toLocaleString("en-US")} silent connections besides`,
    async make(system, _, stack) {
      await crowd(system, SILENT, stack);
      return { pushed: 0 };
    },
  },
  {
    name: `${WAITERS.toLocaleString("en-US")} QNOTIFYs waiting on another queue`,
    async make(system, _, stack) {
      for (const waiters of await crowd(system, WAITERS, stack)) waiters.waitFor("other");
      await sleep(SETTLE_MS);
      return { pushed: 0 };
    },
  },
];
