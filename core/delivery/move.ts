/**
 * Moves events from one queue to another.
 *
 * @module
 */
import { MAX_STEP_EVENTS } from "../../store/limits.ts";
import { type MoveResult, StoreUnavailable } from "../../store/store.ts";
import type { ServerContext } from "../context.ts";

/**
 * Moves up to `max` of the events that are ready now, and of those that become ready as others of their group go, in
 * small steps, so that the store serves others in between. Ends early at shutdown. Resolves to the sums of all steps.
 * @throws {StoreUnavailable} even if some events were moved
 */
export async function moveEvents(
  server: Pick<ServerContext, "store" | "stopping">,
  source: Uint8Array,
  destination: Uint8Array,
  max: number,
): Promise<MoveResult> {
  const { store } = server;
  // No more than there are now: producers could always add others.
  const { ready, blocked } = await store.status(source);
  const most = ready + blocked;
  let moved = 0;
  let stayed = 0;
  while (moved < max && moved + stayed < most && !server.stopping) {
    const count = Math.min(max - moved, most - moved - stayed, MAX_STEP_EVENTS);
    const step = await store.move(source, destination, count, stayed).catch((error) => {
      if (moved === 0 || !(error instanceof StoreUnavailable)) throw error;
      throw new StoreUnavailable(`${error.reason} after ${moved} events were moved`, true, { cause: error });
    });
    if (step.moved + step.skipped === 0) break;
    moved += step.moved;
    stayed += step.skipped;
  }
  return { moved, skipped: stayed };
}
