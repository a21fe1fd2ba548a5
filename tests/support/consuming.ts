/**
 * Helpers for tests that consume events.
 *
 * @module
 */
import type { Consumer, QueuedEvent } from "../../mod.ts";
import type { Addr, Wire } from "./wire.ts";

/** An address as `host:port`. */
export function hostPort({ hostname, port }: Addr): string {
  return `${hostname}:${port}`;
}

/** Number of a queue's events, ready and leased, as QSTATUS says. */
export async function totalOf(wire: Wire, queue: string): Promise<number> {
  const [line] = await wire.command("QSTATUS", queue) as string[];
  return Number(/ total: (\d+) /.exec(line)?.[1]);
}

/** Number of a queue's leased events, as QSTATUS says. */
export async function processingOf(wire: Wire, queue: string): Promise<number> {
  const [line] = await wire.command("QSTATUS", queue) as string[];
  return Number(/ processing: (\d+) /.exec(line)?.[1]);
}

/** Records calls, and waits for them. */
export class Calls<T> {
  /** The argument of each call. */
  readonly all: T[] = [];
  #onCall: () => void = () => {};

  /** The function to be called. */
  readonly call = (argument: T): void => {
    this.all.push(argument);
    this.#onCall();
  };

  /** Resolves once there were `count` calls. */
  async reached(count: number): Promise<void> {
    while (this.all.length < count) await new Promise<void>((resolve) => this.#onCall = resolve);
  }
}

/** Takes one event from a loop, and does not leave the loop. */
export async function takeOne<T>(consumer: Consumer<T>): Promise<QueuedEvent<T>> {
  const { value } = await consumer[Symbol.asyncIterator]().next();
  if (!value) throw new Error("The loop ended without an event");
  return value;
}
