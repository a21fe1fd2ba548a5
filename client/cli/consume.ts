/**
 * `cli consume queue -- command`: runs a command for each event.
 *
 * @module
 */
import { Consumer } from "../consumer.ts";
import { Admin } from "../admin.ts";
import { OkqError, Unavailable } from "../errors.ts";
import type { QueuedEvent } from "../event.ts";
import { delay } from "../internal/backoff.ts";
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { messageOf } from "./console.ts";
import { rate, showProgress } from "./progress.ts";

export interface ConsumeRequest {
  queues: string[];
  command: string[];
  concurrency: number;
  /** In seconds. */
  lease: number;
  /** Ends once the queues hold no event, in any state. */
  untilEmpty: boolean;
}

const SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/** How shells exit after these signals. */
const SIGNAL_CODES = [130, 143, 129];

/** How much later than its command this program may get the signal of a Ctrl-C: if the command ended so, and otherwise. */
const SIGNALLED_MS = 5000;
const FAILED_MS = 100;

/** How often events are counted. */
const COUNT_MS = 500;

/** The command cannot be started, for any event. */
class CannotRun extends Error {}

/** The command did not exit with 0. */
class CommandFailed extends OkqError {
  /** Whether a signal ended it that this program may get too. */
  readonly signalled: boolean;

  constructor(command: string, { code, signal }: Deno.CommandStatus) {
    super(`${command} ended with ${signal ?? `exit code ${code}`}`);
    this.signalled = signal === null ? SIGNAL_CODES.includes(code) : SIGNALS.includes(signal);
  }
}

/**
 * Consumes until SIGINT, SIGTERM, or SIGHUP of a closed terminal, and finishes the events in hand.
 *
 * @throws {Error} if the command cannot be started, or the user is refused
 */
export async function consumeWith(address: Address, request: ConsumeRequest): Promise<void> {
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
        await runCommand(request.command, event);
        counts.done++;
      } catch (error) {
        // Ctrl-C ends the command too, maybe before this program gets the signal.
        if (error instanceof CommandFailed) {
          await delay(error.signalled ? SIGNALLED_MS : FAILED_MS, stopping.signal);
          if (!stopping.signal.aborted) {
            counts.failed++;
            throw error;
          }
        }
        if (error instanceof CannotRun) {
          cannotGoOn ??= error;
          consumer.drain();
        }
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

/** @throws {CannotRun | CommandFailed} */
async function runCommand([command, ...args]: string[], event: QueuedEvent): Promise<void> {
  const meta = new TextDecoder().decode(event.metaBytes ?? undefined);
  const values = {
    OKQ_QUEUE: event.queue,
    OKQ_EVENT_ID: event.id,
    OKQ_EVENT_GROUP: event.group ?? "",
    OKQ_EVENT_META: meta,
  };
  // Environment variables cannot contain NUL, which these may.
  const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.replaceAll("\0", "")]));
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, env, stdin: "piped" }).spawn();
  } catch (error) {
    throw new CannotRun(`Cannot run ${command}: ${messageOf(error)}`);
  }
  await writeInput(child, event.contents);
  const status = await child.status;
  if (!status.success) throw new CommandFailed(command, status);
}

/** Ignores errors: a command may exit before it has read its input. */
async function writeInput(child: Deno.ChildProcess, contents: Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(contents);
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}
