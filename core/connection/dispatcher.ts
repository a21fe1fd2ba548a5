/**
 * Runs commands, and counts and times them: from the turn in which a command begins to that in which it has its reply.
 *
 * @module
 */
import { ErrorReply, type Reply } from "../../resp/reply.ts";
import type { ClientContext } from "../client_context.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { CommandObserver } from "../metrics/slow_log.ts";
import type { ReplyQueue } from "./reply_queue.ts";
import type { Route, Router } from "./router.ts";

/** What runs the commands of all connections. */
export class Dispatcher {
  readonly #router: Router;
  readonly #meters: Metrics;
  readonly #notes: CommandObserver;

  constructor(router: Router, meters: Metrics, notes: CommandObserver) {
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
  begin(
    route: Route | undefined,
    client: ClientContext,
    argv: Uint8Array[],
    oversized: number,
  ): Reply | Promise<Reply> {
    const meters = this.#meters;
    client.lastCommandAt = meters.date;
    const refusal = this.#router.refusal(route, client, argv, oversized);
    if (!route || refusal) {
      if (route) meters.commands[route.index].rejected++;
      else meters.unknown++;
      return refusal!;
    }
    const began = meters.now;
    const result = this.#router.run(route, client, argv);
    if (result instanceof Promise) return result;
    // An OK takes no time; a text or an array may have taken some to make.
    const now = typeof result === "string" || Array.isArray(result) ? meters.tick() : began;
    this.#ended(route, client, route.startsWithQueue ? argv[1] : undefined, result, now - began);
    return result;
  }

  /** Gives the reply its place in the line, and puts it there when it has come. */
  finish(result: Promise<Reply>, route: Route, client: ClientContext, argv: Uint8Array[], replies: ReplyQueue): void {
    const meters = this.#meters;
    const began = meters.now;
    const queue = route.startsWithQueue ? argv[1] : undefined; // no more of what was received should stay until then
    const place = replies.reserve();
    const done = (reply: Reply) => {
      // What runs alone may have ended for another reason than a batch of the store.
      const now = route.exclusive ? meters.tick() : meters.now;
      this.#ended(route, client, queue, reply, now - began);
      replies.fill(place, reply);
    };
    result.then(done, (error) => done(this.#router.failed(error)));
  }

  #ended(route: Route, client: ClientContext, queue: Uint8Array | undefined, reply: Reply, ms: number): void {
    const tally = this.#meters.commands[route.index];
    const failed = reply instanceof ErrorReply;
    tally.times.add(ms);
    if (failed) tally.failed++;
    if (ms >= this.#notes.thresholdMs) this.#notes.record({ route, client, queue, ms, failed });
  }
}
