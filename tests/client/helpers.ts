/**
 * What tests of producers and consumers have in common.
 *
 * @module
 */
import type { Consumer, QueuedEvent } from "../../mod.ts";
import type { Addr, Wire } from "../support/wire.ts";

/** An address as clients are given it. */
export function at({ hostname, port }: Addr): string {
  return `${hostname}:${port}`;
}

/** How many events a queue holds, ready and being processed. */
export async function totalOf(wire: Wire, queue: string): Promise<number> {
  const [line] = await wire.command("QSTATUS", queue) as string[];
  return Number(/ total: (\d+) /.exec(line)?.[1]);
}

/** How many events of a queue are being processed. */
export async function processingOf(wire: Wire, queue: string): Promise<number> {
  const [line] = await wire.command("QSTATUS", queue) as string[];
  return Number(/ processing: (\d+) /.exec(line)?.[1]);
}

/** Calls that are awaited one by one. */
export class Calls<T> {
  /** What the calls were given. */
  readonly all: T[] = [];
  #called: () => void = () => {};

  /** To be called. */
  readonly call = (given: T): void => {
    this.all.push(given);
    this.#called();
  };

  /** Resolves once there were so many calls. */
  async reached(count: number): Promise<void> {
    while (this.all.length < count) await new Promise<void>((resolve) => this.#called = resolve);
  }
}

/** Takes one event in a loop, and leaves the loop. */
export async function takeOne<T>(consumer: Consumer<T>): Promise<QueuedEvent<T>> {
  const { value } = await consumer[Symbol.asyncIterator]().next();
  if (!value) throw new Error("There is no event");
  return value;
}
