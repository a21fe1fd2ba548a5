/**
 * Which layout the data in a Redis has.
 *
 * @module
 */
import { LAYOUT_KEY, LAYOUT_VERSION } from "./keys.ts";
import type { Link } from "./connection/link.ts";
import { UnusableRedis } from "./connection/server_check.ts";

/**
 * The version before. What it allows, this one allows too: only queues' policies are new, which an older okq would take
 * for events and not heed. So data is brought up by its mark alone, and older okqs refuse it from then on.
 */
const VERSION_BEFORE = "2";

/** Leaves the mark of this layout, or finds that of another. */
export async function claimLayout(link: Link): Promise<void> {
  const [, found] = await link.send(LAYOUT_KEY, [["SET", LAYOUT_KEY, LAYOUT_VERSION, "NX"], ["GET", LAYOUT_KEY]]);
  if (String(found) === VERSION_BEFORE) await link.send(LAYOUT_KEY, [["SET", LAYOUT_KEY, LAYOUT_VERSION]]);
  else refuseOther(found);
}

/** Finds the mark of this layout. */
export async function requireLayout(link: Link): Promise<void> {
  const [found] = await link.send(LAYOUT_KEY, [["GET", LAYOUT_KEY]]);
  if (found === null) throw new UnusableRedis("Cannot look at this Redis: no okq has kept anything in this database");
  if (String(found) !== VERSION_BEFORE) refuseOther(found);
}

function refuseOther(found: unknown): void {
  if (String(found) === LAYOUT_VERSION) return;
  throw new UnusableRedis(
    `Cannot use this Redis: its okq data has layout ${found}, and this okq knows layout ${LAYOUT_VERSION}; let the okq ` +
      `that wrote it drain its queues, then delete the key ${LAYOUT_KEY}`,
  );
}
