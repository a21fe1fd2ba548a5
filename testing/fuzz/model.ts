/**
 * A model of okq for a few connections: queues, and the consumers registered to them.
 *
 * @module
 */
import { ModelQueue } from "../../tests/support/model_queue.ts";

export class Model {
  readonly #queues: Map<string, ModelQueue>;
  readonly #registered: Map<number, readonly string[]>;

  constructor(original?: Model) {
    const queues = original ? [...original.#queues] : [];
    this.#queues = new Map(queues.map(([name, queue]) => [name, new ModelQueue(queue)]));
    this.#registered = new Map(original ? original.#registered : []);
  }

  /** Equal for two models that answer every sequence of commands equally. */
  get state(): string {
    const queues = [...this.#queues].filter(([, queue]) => !queue.untouched).map(([name, { state }]) => [name, state]);
    return JSON.stringify([queues.sort(), [...this.#registered].sort()]);
  }

  /** Creates the queue if it does not exist. */
  queue(name: string): ModelQueue {
    let queue = this.#queues.get(name);
    if (!queue) this.#queues.set(name, queue = new ModelQueue());
    return queue;
  }

  register(connection: number, queues: readonly string[]): void {
    this.#registered.set(connection, [...new Set(queues)]);
  }

  registeredBy(connection: number): readonly string[] {
    return this.#registered.get(connection) ?? [];
  }

  consumers(queue: string): number {
    return [...this.#registered.values()].filter((queues) => queues.includes(queue)).length;
  }
}
