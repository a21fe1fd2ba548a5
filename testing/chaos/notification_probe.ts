/**
 * Measures how long a consumer that waited during a fault takes to be notified of an event pushed after it.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import type { Addr } from "../../tests/support/wire.ts";
import { Client } from "../client.ts";

/** A notification that takes longer has failed. */
const TIMEOUT_MS = 60_000;
const NOTIFY_SECONDS = "10";

export class NotificationProbe {
  readonly #addr: () => Addr;
  readonly #queue: string;
  readonly #abort = new AbortController();
  readonly #waiting = Promise.withResolvers<void>();
  readonly #notified: Promise<number>;

  /** @param queue that nothing else uses meanwhile */
  constructor(addr: () => Addr, queue: string) {
    this.#addr = addr;
    this.#queue = queue;
    this.#notified = this.#wait();
  }

  /** Resolves when the first QNOTIFY is sent. */
  waiting(): Promise<void> {
    return this.#waiting.promise;
  }

  /** Resolves to the milliseconds from the OK of a push to the notification, or Infinity. */
  async latencyOf(instance: Addr): Promise<number> {
    const timer = setTimeout(() => this.#abort.abort(), TIMEOUT_MS);
    const { signal } = this.#abort;
    const id = crypto.randomUUID();
    let stored = false;
    while (!stored && !signal.aborted) {
      await using client = await Client.connectWithRetry(() => instance, signal);
      while (client && !client.broken && !stored && !signal.aborted) {
        const answer = await client.command("QLPUSH", this.#queue, id, "contents");
        stored = answer === "+OK" || answer === `-ERR duplicate event ${id}`;
        if (!stored) await delay(20);
      }
    }
    const pushedAt = performance.now();
    const notifiedAt = await this.#notified;
    clearTimeout(timer);
    return stored ? Math.max(0, notifiedAt - pushedAt) : Infinity;
  }

  /** Resolves to the time of the QNOTIFY reply after which the event was popped. */
  async #wait(): Promise<number> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await using client = await Client.connectWithRetry(this.#addr, signal);
      if (!client || await client.command("QREGISTER", this.#queue) !== "+OK") {
        await delay(50);
        continue;
      }
      while (!client.broken && !signal.aborted) {
        const reply = client.command("QNOTIFY", NOTIFY_SECONDS);
        this.#waiting.resolve();
        const answer = await reply;
        const repliedAt = performance.now();
        if (answer === this.#queue && await this.#drain(client)) return repliedAt;
        if (typeof answer === "string") await delay(20);
      }
    }
    this.#waiting.resolve();
    return Infinity;
  }

  /** Empties the queue; resolves to whether the event was there. */
  async #drain(client: Client): Promise<boolean> {
    let popped = false;
    while (Array.isArray(await client.command("QRPOP", this.#queue, "NOACK"))) popped = true;
    return popped || client.broken; // a lost reply may have carried the event
  }
}
