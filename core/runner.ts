/**
 * Runs commands, and counts and times them: from the turn in which a command begins to that in which it has its reply.
 *
 * @module
 */
import { ErrorReply, type Reply } from "../resp/reply.ts";
import type { Client } from "./client.ts";
import type { Meters } from "./meters/meters.ts";
import type { Notes } from "./meters/notes.ts";
import type { Route, Router } from "./router.ts";

/** What runs the commands of all connections. */
export class Runner {
  readonly #router: Router;
  readonly #meters: Meters;
  readonly #notes: Notes;

  constructor(router: Router, meters: Meters, notes: Notes) {
    this.#router = router;
    this.#meters = meters;
    this.#notes = notes;
  }

  /** The command of this name, if there is one. */
  find(name: Uint8Array): Route | undefined {
    return this.#router.find(name);
  }

  /**
   * Begins a command; its reply, or a promise to be given to `finish`.
   * @param oversized length in bytes of an argument that was too long to keep, or 0
   */
  begin(route: Route | undefined, client: Client, argv: Uint8Array[], oversized: number): Reply | Promise<Reply> {
    const meters = this.#meters;
    client.lastCommandAt = meters.date;
    const refusal = this.#router.refusal(route, client, argv, oversized);
    if (!route || refusal) {
      if (route) meters.commands[route.place].rejected++;
      else meters.unknown++;
      return refusal!;
    }
    const began = meters.now;
    const result = this.#router.run(route, client, argv);
    if (result instanceof Promise) return result;
    // An OK takes no time; a text or an array may have taken some to make.
    const now = typeof result === "string" || Array.isArray(result) ? meters.tick() : began;
    this.#ended(route, client, argv, result, now - began);
    return result;
  }

  /** Hands the reply over when it is there. */
  finish(
    result: Promise<Reply>,
    route: Route,
    client: Client,
    argv: Uint8Array[],
    answer: (reply: Reply) => void,
  ): void {
    const meters = this.#meters;
    const began = meters.now;
    const kept = route.waits ? [] : argv; // all that was received with it would stay for as long as it waits
    const done = (reply: Reply) => {
      // What runs alone may have ended for another reason than a batch of the store.
      const now = route.alone ? meters.tick() : meters.now;
      this.#ended(route, client, kept, reply, now - began);
      answer(reply);
    };
    result.then(done, (error) => done(this.#router.failed(error)));
  }

  #ended(route: Route, client: Client, argv: Uint8Array[], reply: Reply, ms: number): void {
    const tally = this.#meters.commands[route.place];
    const failed = reply instanceof ErrorReply;
    tally.times.add(ms);
    if (failed) tally.failed++;
    if (ms < this.#notes.fromMs) return;
    this.#notes.note({ route, client, queue: this.#router.queueOf(route, argv), ms, failed });
  }
}
