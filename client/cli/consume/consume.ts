/**
 * `cli consume`: processes events by a program or by requests, until a signal or until the queues are empty.
 *
 * @module
 */
import { Admin } from "../../admin.ts";
import { Consumer } from "../../consumer.ts";
import { Unavailable } from "../../errors.ts";
import { delay } from "../../internal/backoff.ts";
import { type Address, formatAddress } from "../../internal/endpoints.ts";
import { rate, showProgress } from "../progress.ts";
import { CannotGoOn } from "./handler.ts";
import { postHandler, type PostRequest } from "./post.ts";
import { programHandler, SIGNALS } from "./program.ts";

/** What is done with the events of some queues: a request for each, or a program. */
export interface ConsumeRequest {
  queues: string[];
  post?: PostRequest;
  /** A program and its arguments. */
  command?: string[];
  concurrency: number;
  /** In seconds. */
  lease: number;
  /** Ends once the queues hold no event, in any state. */
  untilEmpty: boolean;
}

/** How often events are counted. */
const COUNT_MS = 500;

/**
 * Consumes until SIGINT, SIGTERM, or SIGHUP of a closed terminal, and finishes the events in hand.
 *
 * @throws {Error} if no event can be processed, or the user is refused
 */
export async function consumeWith(address: Address, request: ConsumeRequest): Promise<void> {
  const handle = request.post ? await postHandler(request.post) : programHandler(request.command!);
  const counts = { done: 0, failed: 0 };
  let cannotGoOn: unknown;
  await using consumer = new Consumer({
    ...address,
    addresses: formatAddress(address),
    queues: request.queues,
    concurrency: request.concurrency,
    leaseMs: request.lease * 1000,
  });
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
    consumer.drain();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  const since = performance.now();
  const endProgress = showProgress(() => {
    const { done, failed } = counts;
    return `${done} events done, ${failed} attempts failed, ${rate(done, performance.now() - since)}`;
  });
  const ended = new AbortController();
  const emptied = request.untilEmpty ? whenEmpty(address, request.queues, ended.signal) : Promise.resolve();
  if (request.untilEmpty) emptied.catch((error) => cannotGoOn ??= error).finally(() => consumer.drain());
  try {
    await consumer.run(async (event) => {
      try {
        await handle(event, stopping.signal);
        if (!event.settled) counts.done++;
      } catch (error) {
        if (!(error instanceof CannotGoOn)) {
          counts.failed++;
          throw error;
        }
        cannotGoOn ??= error;
        consumer.drain();
        await event.redo(); // not nack: the event has not failed
      }
    });
  } finally {
    ended.abort();
    await emptied.catch(() => {});
    await endProgress();
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  }
  if (cannotGoOn) throw cannotGoOn;
}

/** Resolves once the queues hold no event, or the signal aborts. @throws {Refused} if the user may not count events */
async function whenEmpty(address: Address, queues: string[], signal: AbortSignal): Promise<void> {
  await using admin = new Admin({ ...address, addresses: formatAddress(address) });
  while (!signal.aborted) {
    try {
      const stats = await admin.stats(...queues);
      if (stats.every(({ total }) => total === 0)) return;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error; // else the consumer reports it
    }
    await delay(COUNT_MS, signal);
  }
}
