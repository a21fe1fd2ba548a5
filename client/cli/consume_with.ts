/**
 * `cli consume queue -- command`: each event goes to a command's standard input.
 *
 * @module
 */
import { type Address, formatAddress } from "../internal/connection.ts";
import { Consumer } from "../consumer.ts";
import type { QueuedEvent } from "../event.ts";
import { messageOf, write } from "./console.ts";
import { showProgress } from "./progress.ts";

/** What is consumed, and how. */
export interface ConsumeRequest {
  /** The queue. */
  queue: string;
  /** The command and its arguments. */
  command: string[];
  /** How many commands run at once. */
  concurrency: number;
  /** How long an event is leased, in seconds. */
  lease: number;
}

/** The command cannot be run at all. */
class CannotRun extends Error {}

/** Consumes until SIGINT or SIGTERM. Returns the exit code: 1 if the command cannot be run at all. */
export async function consumeWith(address: Address, request: ConsumeRequest): Promise<number> {
  const counts = { done: 0, failed: 0 };
  let code = 0;
  const endProgress = showProgress(() => `${counts.done} events done, ${counts.failed} times given back`);
  const complain = async (error: unknown, event?: QueuedEvent) => {
    if (error instanceof CannotRun) {
      code = 1;
      consumer.drain();
    } else if (event) counts.failed++;
    await write(Deno.stderr, `${event ? `event ${JSON.stringify(event.id)}: ` : ""}${messageOf(error)}\n`);
  };
  const { queue: queues, concurrency, lease } = request;
  const options = {
    ...address,
    addresses: formatAddress(address),
    queues,
    concurrency,
    leaseMs: lease * 1000,
    onError: complain,
  };
  await using consumer = new Consumer(options);
  const stop = () => consumer.drain();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  await consumer.run(async (event) => {
    try {
      await runCommand(request.command, event);
    } catch (error) {
      if (error instanceof CannotRun) await event.redo().catch(() => {}); // it is not the event that failed
      throw error;
    }
    counts.done++;
  });
  for (const signal of signals) Deno.removeSignalListener(signal, stop);
  await endProgress();
  return code;
}

/** @throws {Error} if it does not exit with 0 */
async function runCommand([command, ...args]: string[], event: QueuedEvent): Promise<void> {
  // A NUL, which an id may hold, cannot stand in an environment.
  const env = { OKQ_QUEUE: event.queue.replaceAll("\0", ""), OKQ_EVENT_ID: event.id.replaceAll("\0", "") };
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, env, stdin: "piped" }).spawn();
  } catch (error) {
    throw new CannotRun(`Cannot run ${command}: ${messageOf(error)}`);
  }
  await feed(child, event.contents);
  const { success, code, signal } = await child.status;
  if (!success) throw new Error(`${command} ended with ${signal ?? `exit code ${code}`}; given back`);
}

/** A command may end without having read its input. */
async function feed(child: Deno.ChildProcess, contents: Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(contents);
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}
