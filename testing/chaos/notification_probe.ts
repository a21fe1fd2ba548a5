/**
 * A consumer that waits through one instance while a fault happens, for an event that is pushed through another when it
 * is over.
 *
 * @module
 */
import type { Addr } from "../../tests/support/wire.ts";
import { Client, sleep } from "../client.ts";

/** How long all of it may take before it has failed, in milliseconds. */
const GIVE_UP_MS = 20_000;
/** A wait, in seconds: what a client would use. */
const WAIT_SECONDS = "10";

/** Somebody who waits. */
export class Watch {
  readonly #addr: () => Addr;
  readonly #queue: string;
  readonly #over = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #told: Promise<number>;

  /**
   * Begins to wait.
   * @param addr the instance to wait through
   * @param queue that nobody else uses at the time
   */
  constructor(addr: () => Addr, queue: string) {
    this.#addr = addr;
    this.#queue = queue;
    this.#told = this.#wait();
  }

  /** Resolves once it waits for the first time. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Pushes an event through an instance; resolves to the time from its OK until who waited was told, in ms. */
  async toldOf(push: Addr): Promise<number> {
    const giveUp = setTimeout(() => this.#over.abort(), GIVE_UP_MS);
    const id = crypto.randomUUID();
    let stored = false;
    while (!stored && !this.#over.signal.aborted) {
      await using client = await Client.insist(() => push, this.#over.signal);
      while (client && !client.broken && !stored && !this.#over.signal.aborted) {
        const answer = await client.one("QLPUSH", this.#queue, id, "contents");
        stored = answer === "+OK" || answer === `-ERR duplicate event ${id}`;
        if (!stored) await sleep(20);
      }
    }
    const since = performance.now();
    const told = await this.#told;
    clearTimeout(giveUp);
    return stored ? Math.max(0, told - since) : Infinity;
  }

  /** Waits, again when the time is up or the instance has gone, and takes the event. Resolves to when it was told. */
  async #wait(): Promise<number> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await using client = await Client.insist(this.#addr, signal);
      if (!client || await client.one("QREGISTER", this.#queue) !== "+OK") {
        await sleep(50);
        continue;
      }
      while (!client.broken && !signal.aborted) {
        const waiting = client.one("QNOTIFY", WAIT_SECONDS);
        this.#ready.resolve();
        const answer = await waiting;
        const told = performance.now();
        if (answer === this.#queue && await this.#take(client)) return told;
        if (typeof answer === "string") await sleep(20);
      }
    }
    this.#ready.resolve();
    return Infinity;
  }

  /** Takes everything, so that the queue can be used again. */
  async #take(client: Client): Promise<boolean> {
    let taken = false;
    while (Array.isArray(await client.one("QRPOP", this.#queue, "NOACK"))) taken = true;
    return taken || client.broken; // if the answer was lost, the event may have gone with it
  }
}
