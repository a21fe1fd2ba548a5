/**
 * Declares tests that start processes.
 *
 * @module
 */
import { redisIsThere } from "./redis_server.ts";

/** How long such a test may take, in milliseconds. */
const TEST_MS = 120_000;

/** Declares a test that needs no Redis. */
export function programTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: true, sanitizeResources: true, timeout: TEST_MS, fn });
}

/** Declares a test that starts Redis servers. */
export function redisTest(name: string, fn: () => Promise<void>): void {
  const shown = redisIsThere ? name : `${name} (skipped: no redis-server on this machine)`;
  Deno.test({ name: shown, ignore: !redisIsThere, sanitizeOps: true, sanitizeResources: true, timeout: TEST_MS, fn });
}

/** Runs a test's body with a folder of its own. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "okq_test_" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
