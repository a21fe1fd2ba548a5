/**
 * Moving the events of a queue to another: one step after the other, so that nobody waits long behind it.
 *
 * @module
 */
import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { ServerContext } from "../server_context.ts";

/**
 * Moves the ready events that there are now, `most` at the most, and resolves to how many it was. Ends early when the
 * server stops.
 * @throws {StoreUnavailable} if some may have been moved and others not, too
 */
export async function moveEvents(
  okq: Pick<ServerContext, "store" | "stopping">,
  source: Uint8Array,
  destination: Uint8Array,
  most: number,
): Promise<number> {
  const { store } = okq;
  // What comes in meanwhile does not count: it could go on for ever.
  const { ready } = await store.status(source);
  let moved = 0;
  let stayed = 0;
  while (moved < most && moved + stayed < ready && !okq.stopping) {
    const step = Math.min(most - moved, ready - moved - stayed, MAX_STEP_EVENTS);
    const done = await store.move(source, destination, step, stayed).catch((error) => {
      if (moved === 0 || !(error instanceof StoreUnavailable)) throw error;
      throw new StoreUnavailable(`${error.reason} after ${moved} events were moved`, true, { cause: error });
    });
    if (done.moved + done.skipped === 0) break;
    moved += done.moved;
    stayed += done.skipped;
  }
  return moved;
}
