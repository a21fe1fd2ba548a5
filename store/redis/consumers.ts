/**
 * The consumers that clients of this okq have registered for the queues of a group, and what instances of okq have left
 * behind that died. `script/lua/queue.lua` describes what Redis holds of an instance.
 *
 * @module
 */
import type { Buffer } from "../../deps.ts";
import { slicesOf } from "../../core/util/slices.ts";
import { keyOf } from "../bytes.ts";
import { CONSUMER_TTL_MS } from "../limits.ts";
import { activeQueues } from "./find_queues.ts";
import type { PartitionGroup } from "./batching/partition_groups.ts";
import type { Link } from "./connection/link.ts";
import deadSource from "./script/dead_instances.lua" with { type: "text" };
import { FORGET_DEAD, REGISTER } from "./script/operations.ts";
import { Script } from "./script/script.ts";

/** Time after which another okq removes what is left of a dead instance, because the one that began may be dead too. */
const REMOVAL_TIMEOUT_US = 60_000_000;

const deadScript = new Script(deadSource);
const encoder = new TextEncoder();

/** This okq as Redis knows it, from its first registration until its last one is removed or Redis loses any. */
interface Instance {
  readonly name: Uint8Array;
  /** Until when Redis considers it alive (µs), as far as it has told; 0 if it has not. */
  aliveUntil: number;
}

const newInstance = (): Instance => ({ name: encoder.encode(crypto.randomUUID()), aliveUntil: 0 });

export class Consumers {
  readonly #link: Link;
  readonly #group: PartitionGroup;
  #instance = newInstance();
  readonly #registered = new Map<string, { queue: Uint8Array; consumers: number }>();

  constructor(link: Link, group: PartitionGroup) {
    this.#link = link;
    this.#group = group;
  }

  async register(queue: Uint8Array, consumers: number): Promise<void> {
    if (consumers > 0) this.#registered.set(keyOf(queue), { queue, consumers });
    else this.#registered.delete(keyOf(queue));
    const instance = this.#instance;
    const isLast = this.#registered.size === 0;
    if (isLast) this.#instance = newInstance();
    if (!await this.#send(instance, queue, consumers, isLast)) await this.renew();
  }

  /** Shows that this okq is alive, by registering one queue again; all queues, if Redis has lost a registration. */
  async renew(): Promise<void> {
    const [first] = this.#registered.values();
    const before = this.#instance;
    if (!first || await this.#send(before, first.queue, first.consumers)) return;
    if (this.#instance !== before) return; // another call has found it out
    const instance = this.#instance = newInstance();
    try {
      const all = [...this.#registered.values()];
      await Promise.all(all.map(({ queue, consumers }) => this.#send(instance, queue, consumers)));
    } catch (error) {
      instance.aliveUntil = Infinity; // so that the next renewal begins anew
      throw error;
    }
  }

  /** Removes the consumers of dead instances, unless another okq is doing so. It may die in the middle. */
  async forgetDead(): Promise<void> {
    const { batcher, keys: { instances } } = this.#group;
    const call = () => deadScript.call(this.#link, instances, [instances], [String(REMOVAL_TIMEOUT_US)]);
    const [dead] = await batcher.call(call) as [Buffer[]];
    if (dead.length === 0) return;
    const failed: unknown[] = [];
    for (const slice of slicesOf(await activeQueues(this.#link, this.#group))) {
      await Promise.all(slice.map((queue) => batcher.submit(FORGET_DEAD, queue).catch((error) => failed.push(error))));
    }
    if (failed.length > 0) throw failed[0];
    await batcher.call(() => this.#link.send(instances, [["ZREM", instances, ...dead]]));
  }

  /** Returns whether it was done: not if Redis has lost a registration. */
  async #send(instance: Instance, queue: Uint8Array, consumers: number, isLast = false): Promise<boolean> {
    const { name, aliveUntil: known } = instance;
    const ttlMs = isLast ? 0 : CONSUMER_TTL_MS;
    const aliveUntil = await this.#group.batcher.submit(REGISTER, queue, ttlMs, name, consumers, known);
    if (aliveUntil > 0 && instance.aliveUntil < Infinity) instance.aliveUntil = aliveUntil;
    return aliveUntil > 0;
  }
}
