/**
 * `cli consume queue -- command`: runs a command for each event.
 *
 * @module
 */
import { Consumer } from "../consumer.ts";
import type { QueuedEvent } from "../event.ts";
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { messageOf, write } from "./console.ts";
import { showProgress } from "./progress.ts";

export interface ConsumeRequest {
  queue: string;
  command: string[];
  concurrency: number;
  /** In seconds. */
  lease: number;
}

/** The command cannot be started, for any event. */
class CannotRun extends Error {}

/** Consumes until SIGINT or SIGTERM. Returns the exit code: 1 if the command cannot be started. */
export async function consumeWith(address: Address, request: ConsumeRequest): Promise<number> {
  const counts = { done: 0, failed: 0 };
  let code = 0;
  let written = Promise.resolve();
  const endProgress = showProgress(() => `${counts.done} events done, ${counts.failed} attempts failed`);
  const onError = (error: unknown, event?: QueuedEvent) => {
    if (error instanceof CannotRun) {
      code = 1;
      consumer.drain();
    } else if (event) counts.failed++;
    const line = `${event ? `event ${JSON.stringify(event.id)}: ` : ""}${messageOf(error)}\n`;
    written = written.then(() => write(Deno.stderr, line));
  };
  await using consumer = new Consumer({
    ...address,
    addresses: formatAddress(address),
    queues: request.queue,
    concurrency: request.concurrency,
    leaseMs: request.lease * 1000,
    onError,
  });
  const drain = () => consumer.drain();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, drain);
  await consumer.run(async (event) => {
    try {
      await runCommand(request.command, event);
    } catch (error) {
      if (error instanceof CannotRun) await event.redo().catch(() => {}); // not nack: the event has not failed
      throw error;
    }
    counts.done++;
  });
  for (const signal of signals) Deno.removeSignalListener(signal, drain);
  await endProgress();
  await written; // the process exits next
  return code;
}

/** @throws {Error} if the command does not exit with 0 */
async function runCommand([command, ...args]: string[], event: QueuedEvent): Promise<void> {
  // Environment variables cannot contain NUL, which queue names and ids may.
  const env = { OKQ_QUEUE: event.queue.replaceAll("\0", ""), OKQ_EVENT_ID: event.id.replaceAll("\0", "") };
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, env, stdin: "piped" }).spawn();
  } catch (error) {
    throw new CannotRun(`Cannot run ${command}: ${messageOf(error)}`);
  }
  await writeInput(child, event.contents);
  const { success, code, signal } = await child.status;
  if (!success) {
    throw new Error(`${command} ended with ${signal ?? `exit code ${code}`}; the event will be redelivered`);
  }
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
