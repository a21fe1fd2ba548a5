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

/** The total of a queue in QSTATUS. */
export async function totalOf(wire: Wire, queue: string): Promise<number> {
  const [line] = await wire.command("QSTATUS", queue) as string[];
  return Number(/ total: (\d+) /.exec(line)?.[1]);
}

/** The number of leased events of a queue in QSTATUS. */
export async function processingOf(wire: Wire, queue: string): Promise<number> {
  const [line] = await wire.command("QSTATUS", queue) as string[];
  return Number(/ processing: (\d+) /.exec(line)?.[1]);
}

/** Records calls, and waits for them. */
export class Calls<T> {
  /** The arguments of all calls. */
  readonly all: T[] = [];
  #onCall: () => void = () => {};

  /** Records a call. */
  readonly call = (argument: T): void => {
    this.all.push(argument);
    this.#onCall();
  };

  /** Waits until there were `count` calls. */
  async reached(count: number): Promise<void> {
    while (this.all.length < count) await new Promise<void>((resolve) => this.#onCall = resolve);
  }
}

/** Receives one event with a loop that is not ended. */
export async function receiveOne<T>(consumer: Consumer<T>): Promise<QueuedEvent<T>> {
  const { value } = await consumer[Symbol.asyncIterator]().next();
  if (!value) throw new Error("The loop ended without an event");
  return value;
}
