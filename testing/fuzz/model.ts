/**
 * okq as its clients should find it: some queues, and who consumes them.
 *
 * @module
 */
import { ModelQueue } from "../../tests/support/model_queue.ts";

/** A model of what a few connections share. */
export class Model {
  readonly #queues: Map<string, ModelQueue>;
  readonly #registered: Map<number, readonly string[]>;

  /** One without events, or one in the state of another. */
  constructor(like?: Model) {
    this.#queues = new Map(like ? [...like.#queues].map(([name, queue]) => [name, new ModelQueue(queue)]) : []);
    this.#registered = new Map(like ? like.#registered : []);
  }

  /** The same for two models that will answer alike for ever. */
  get state(): string {
    const queues = [...this.#queues].filter(([, queue]) => !queue.untouched).map(([name, { state }]) => [name, state]);
    return JSON.stringify([queues.sort(), [...this.#registered].sort()]);
  }

  /** A queue. */
  queue(name: string): ModelQueue {
    let queue = this.#queues.get(name);
    if (!queue) this.#queues.set(name, queue = new ModelQueue());
    return queue;
  }

  /** Says which queues a connection consumes. */
  register(connection: number, queues: readonly string[]): void {
    this.#registered.set(connection, [...new Set(queues)]);
  }

  /** The queues that a connection consumes. */
  registeredBy(connection: number): readonly string[] {
    return this.#registered.get(connection) ?? [];
  }

  /** How many connections consume a queue. */
  consumers(queue: string): number {
    return [...this.#registered.values()].filter((queues) => queues.includes(queue)).length;
  }
}
