/**
 * `cli consume queue -- program`: runs a program for each event.
 *
 * @module
 */
import { OkqError } from "../../errors.ts";
import type { QueuedEvent } from "../../event.ts";
import { delay } from "../../internal/backoff.ts";
import { messageOf } from "../console.ts";
import { CannotGoOn, type EventHandler } from "./handler.ts";

/** What ends the client, as Ctrl-C and a closed terminal do. */
export const SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

/** How shells exit after these signals. */
const SIGNAL_CODES = [130, 143, 129];

/** How much later than its program the client may get the signal of a Ctrl-C: if the program ended so, and otherwise. */
const SIGNALLED_MS = 5000;
const FAILED_MS = 100;

/** The program did not exit with 0. */
class ProgramFailed extends OkqError {
  /** Whether a signal ended it that the client may get too. */
  readonly signalled: boolean;

  constructor(program: string, { code, signal }: Deno.CommandStatus) {
    super(`${program} ended with ${signal ?? `exit code ${code}`}`);
    this.signalled = signal === null ? SIGNAL_CODES.includes(code) : SIGNALS.includes(signal);
  }
}

/** @param command a program and its arguments */
export function programHandler(command: string[]): EventHandler {
  return async (event, stopping) => {
    try {
      await runProgram(command, event);
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
      // Ctrl-C ends the program too, maybe before the client gets the signal.
      await delay(error.signalled ? SIGNALLED_MS : FAILED_MS, stopping);
      if (!stopping.aborted) throw error;
      await event.redo(); // not nack: the event has not failed
    }
  };
}

/** @throws {CannotGoOn | ProgramFailed} */
async function runProgram([program, ...args]: string[], event: QueuedEvent): Promise<void> {
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
    child = new Deno.Command(program, { args, env, stdin: "piped" }).spawn();
  } catch (error) {
    throw new CannotGoOn(`Cannot run ${program}: ${messageOf(error)}`);
  }
  await writeInput(child, event.contents);
  const status = await child.status;
  if (!status.success) throw new ProgramFailed(program, status);
}

/** Ignores errors: a program may exit before it has read its input. */
async function writeInput(child: Deno.ChildProcess, contents: Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(contents);
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}
