/**
 * Checks that the data in a Redis has the layout that this okq knows. Its mark in Redis is the version; in a Cluster
 * `cluster` follows, because keys that all queues share on one Redis are divided there. While a migration or load fills
 * it, `loading` follows, or `discarding` while what one has written is removed.
 *
 * @module
 */
import type { StoreOptions } from "../store.ts";
import { LAYOUT_KEY, LAYOUT_VERSION } from "./keys.ts";
import type { Link } from "./connection/link.ts";
import { UnusableRedis } from "./connection/server_check.ts";

/** Interval of writing the mark if it is missing. */
const CLAIM_INTERVAL_MS = 5000;

const SINGLE = LAYOUT_VERSION;
const CLUSTER = `${LAYOUT_VERSION} cluster`;

/**
 * Writes the mark of the layout where there is none; otherwise it only reads, so that okq can start while Redis refuses
 * writes.
 * @throws {UnusableRedis} if there is another
 */
export async function claimLayout(link: Link): Promise<void> {
  const read = ["GET", LAYOUT_KEY];
  let [mark] = await link.send(LAYOUT_KEY, [read]);
  if (mark === null) [, mark] = await link.send(LAYOUT_KEY, [["SET", LAYOUT_KEY, markOf(link), "NX"], read]);
  requireMark(mark, link);
}

/** Writes nothing. @throws {UnusableRedis} if there is no layout or another */
export async function requireLayout(link: Link): Promise<void> {
  const [mark] = await link.send(LAYOUT_KEY, [["GET", LAYOUT_KEY]]);
  if (mark === null) throw new UnusableRedis("this Redis", "its database holds no okq data");
  requireMark(mark, link);
}

/** What a Redis holds that is to be filled. */
export type FillState = "idle" | "loading" | "discarding";

/** Writes nothing. @throws {UnusableRedis} if there is another layout */
export async function readFillState(link: Link): Promise<FillState> {
  const [mark] = await link.send(LAYOUT_KEY, [["GET", LAYOUT_KEY]]);
  const state = (["loading", "discarding"] as const).find((state) => `${mark}` === `${markOf(link)} ${state}`);
  if (mark !== null && state === undefined) requireMark(mark, link);
  return state ?? "idle";
}

/** Keeps okq from using this Redis, or lets it again. */
export async function setFillState(link: Link, state: FillState): Promise<void> {
  const mark = state === "idle" ? markOf(link) : `${markOf(link)} ${state}`;
  await link.send(LAYOUT_KEY, [["SET", LAYOUT_KEY, mark]]);
}

/** Writes the mark again after a FLUSHALL, which removes it, and reports another one. */
export class LayoutWatch {
  readonly #link: Link;
  readonly #report: StoreOptions["report"];
  #claimedAt = performance.now();
  #problem = "";

  constructor(link: Link, report: StoreOptions["report"]) {
    this.#link = link;
    this.#report = report;
  }

  /** Claims it if that was some time ago. */
  claimIfDue(): void {
    if (performance.now() - this.#claimedAt > CLAIM_INTERVAL_MS) this.claim();
  }

  async claim(): Promise<void> {
    this.#claimedAt = performance.now();
    try {
      await claimLayout(this.#link);
    } catch (error) {
      if (!(error instanceof UnusableRedis) || error.message === this.#problem) return; // tried again later
      this.#problem = error.message;
      this.#report("warn", error.message);
    }
  }
}

function markOf(link: Link): string {
  return link.batchers > 1 ? CLUSTER : SINGLE;
}

function requireMark(mark: unknown, link: Link): void {
  const found = String(mark);
  if (found === markOf(link)) return;
  if (/ (loading|discarding)$/.test(found)) {
    const reason = "a migration or load into it is not complete; repeat that, or empty its database (FLUSHDB)";
    throw new UnusableRedis("this Redis", reason);
  }
  const drain = `drain its queues, then delete the key ${LAYOUT_KEY}`;
  if (found === SINGLE || found === CLUSTER) {
    const [writer, reader] = found === CLUSTER ? ["a Cluster", "a single Redis"] : ["a single Redis", "a Cluster"];
    throw new UnusableRedis(
      "this Redis",
      `its okq data was written for ${writer}, and --store names ${reader}; use the okq data where it was written to ${drain}`,
    );
  }
  throw new UnusableRedis(
    "this Redis",
    `its okq data has layout ${found}, and this okq knows layout ${LAYOUT_VERSION}; let the okq that wrote it ${drain}`,
  );
}
