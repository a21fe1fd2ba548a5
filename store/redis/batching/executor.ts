/**
 * Calls of the script: a batch goes out, and its results come back to those who wait for them. What the script tells
 * besides is counted, and told to those who watch.
 *
 * @module
 */
import { QueueCounters } from "../../counters.ts";
import { QueueFull, StoreUnavailable } from "../../store.ts";
import { ReadyListeners } from "../../listeners.ts";
import type { Batch, QueueDelta } from "./batch.ts";
import { channelOf } from "../keys.ts";
import { errorFromRedis, type Link } from "../connection/link.ts";
import { queueScript } from "../script/queue_script.ts";

/** How many replicas must have what a client is told is stored. */
export interface Replication {
  /** How many replicas besides the master; 0 does not ask. */
  replicas: number;
  /** How long they may take, in milliseconds. */
  timeoutMs: number;
}

/** The calls of one store. */
export class Executor {
  /** What they came to. */
  readonly counts: QueueCounters = new QueueCounters();
  #watches = new ReadyListeners();
  #link: Link;
  #replication: Replication;
  /** Tells our messages from those of other stores on this Redis. */
  #self: string = crypto.randomUUID();

  /** @param link the way to Redis */
  constructor(link: Link, replication: Replication) {
    this.#link = link;
    this.#replication = replication;
  }

  /**
   * Sends a batch and settles it.
   * @throws {StoreUnavailable} if that could not be done
   */
  async run(batch: Batch): Promise<void> {
    const { replicas, timeoutMs } = this.#replication;
    const wait = replicas > 0 && batch.writes ? [["WAIT", String(replicas), String(timeoutMs)]] : [];
    const args = [batch.pack(), this.#link.channelPrefix, this.#link.publish, this.#self];
    const [results, confirmed] = await queueScript.call(this.#link, batch.keys, args, ...wait);
    if (wait.length > 0 && Number(confirmed) < replicas) {
      const reason = `only ${confirmed} of ${replicas} replicas confirmed within ${timeoutMs / 1000} s`;
      throw new StoreUnavailable(reason, true);
    }
    batch.settle(results as Uint8Array, errorFromScript, (key, told) => this.#applyDelta(key, told));
  }

  /**
   * Listens for events that become ready. What a call of ours did is told when its result is here: the message comes
   * later, and is for the others.
   */
  async watch(queue: Uint8Array, onReady: (events: number) => void): Promise<() => Promise<void>> {
    const unsubscribe = await this.#link.subscribe(channelOf(queue, this.#link.channelPrefix), (message) => {
      const [teller, events] = message.split(" ");
      if (teller !== this.#self) onReady(Number(events));
    });
    const unwatch = this.#watches.add(queue, onReady);
    return () => {
      unwatch();
      return unsubscribe();
    };
  }

  #applyDelta(key: string, told: QueueDelta): void {
    this.counts.add(key, told);
    if (told.ready > 0) this.#watches.notify(key, told.ready);
  }
}

function errorFromScript(message: string): Error {
  return message === "FULL" ? new QueueFull() : errorFromRedis(message);
}
