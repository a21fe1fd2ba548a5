/**
 * `cli move source destination`: QMOVE with a progress bar.
 *
 * @module
 */
import { ErrorReply, type Reply } from "../../resp/reply.ts";
import type { Address } from "../internal/endpoints.ts";
import { messageOf, write } from "./console.ts";
import { progressBar, showProgress } from "./progress.ts";
import { RawConnection } from "./raw_connection.ts";

export interface MoveRequest {
  source: string;
  destination: string;
  /** The most; by default all that are ready. */
  count?: number;
}

/** What one command moves: little enough for a bar that moves too, enough for few lines in the log of okq. */
const STEP_EVENTS = 10_000;

/** The column of QSTATS. */
const READY = 4;

/** @throws {Error} one line, if okq refuses or cannot be reached; what was moved stays moved */
export async function moveEvents(address: Address, { source, destination, count }: MoveRequest): Promise<void> {
  using connection = new RawConnection(address);
  const send = async (...command: string[]) => required(await connection.send(command));
  const [row] = await send("QSTATS", source) as Reply[][];
  const total = Math.min(row[READY] as number, count ?? Infinity);
  const since = performance.now();
  let moved = 0;
  const endProgress = showProgress(() => progressBar(moved, total, performance.now() - since));
  try {
    while (moved < total) {
      const step = Math.min(total - moved, STEP_EVENTS);
      const done = await send("QMOVE", source, destination, "COUNT", `${step}`) as number;
      moved += done;
      if (done < step) break; // the rest was taken by consumers, or the destination holds its ids
    }
  } catch (error) {
    if (moved > 0) throw new Error(`${messageOf(error)}; ${moved} events were moved before`, { cause: error });
    throw error;
  } finally {
    await endProgress();
  }
  await write(Deno.stdout, `moved ${moved} events\n`);
}

function required(reply: Reply): Reply {
  if (reply instanceof ErrorReply) throw new Error(reply.text);
  return reply;
}
