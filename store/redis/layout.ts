/**
 * Which layout the data in a Redis has.
 *
 * @module
 */
import { LAYOUT_KEY, LAYOUT_VERSION } from "./keys.ts";
import type { Link } from "./link.ts";
import { UnusableRedis } from "./survey.ts";

/** Leaves the mark of this layout, or finds that of another. */
export async function checkLayout(link: Link): Promise<void> {
  const [, found] = await link.send(LAYOUT_KEY, [["SET", LAYOUT_KEY, LAYOUT_VERSION, "NX"], ["GET", LAYOUT_KEY]]);
  refuseOther(found);
}

/** Finds the mark of this layout. */
export async function findLayout(link: Link): Promise<void> {
  const [found] = await link.send(LAYOUT_KEY, [["GET", LAYOUT_KEY]]);
  if (found === null) throw new UnusableRedis("Cannot look at this Redis: no okq has kept anything in this database");
  refuseOther(found);
}

function refuseOther(found: unknown): void {
  if (String(found) === LAYOUT_VERSION) return;
  throw new UnusableRedis(
    `Cannot use this Redis: its okq data has layout ${found}, and this okq knows layout ${LAYOUT_VERSION}; let the okq ` +
      `that wrote it drain its queues, then delete the key ${LAYOUT_KEY}`,
  );
}
