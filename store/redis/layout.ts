/**
 * Checks that the data in a Redis has the layout that this okq knows.
 *
 * @module
 */
import { LAYOUT_KEY, LAYOUT_VERSION } from "./keys.ts";
import type { Link } from "./connection/link.ts";
import { UnusableRedis } from "./connection/server_check.ts";

/**
 * Writes the version of the layout where there is none; otherwise it only reads, so that okq can start while Redis
 * refuses writes.
 * @throws {UnusableRedis} if there is another version
 */
export async function claimLayout(link: Link): Promise<void> {
  const read = ["GET", LAYOUT_KEY];
  let [version] = await link.send(LAYOUT_KEY, [read]);
  if (version === null) [, version] = await link.send(LAYOUT_KEY, [["SET", LAYOUT_KEY, LAYOUT_VERSION, "NX"], read]);
  requireVersion(version);
}

/** Writes nothing. @throws {UnusableRedis} if there is no layout or another */
export async function requireLayout(link: Link): Promise<void> {
  const [version] = await link.send(LAYOUT_KEY, [["GET", LAYOUT_KEY]]);
  if (version === null) throw new UnusableRedis("this Redis", "its database holds no okq data");
  requireVersion(version);
}

function requireVersion(version: unknown): void {
  if (String(version) === LAYOUT_VERSION) return;
  throw new UnusableRedis(
    "this Redis",
    `its okq data has layout ${version}, and this okq knows layout ${LAYOUT_VERSION}; let the ` +
      `okq that wrote it drain its queues, then delete the key ${LAYOUT_KEY}`,
  );
}
