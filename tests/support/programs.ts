/**
 * Declares tests that start processes.
 *
 * @module
 */
import { TEST_MS } from "./limits.ts";
import { hasRedis } from "./redis_server.ts";

/** Declares a test that needs no Redis server. */
export function programTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: true, sanitizeResources: true, timeout: TEST_MS, fn });
}

/** Declares a test that runs programs at a terminal, for which it needs `script` of util-linux. */
export function terminalTest(name: string, fn: () => Promise<void>): void {
  const ignore = Deno.build.os !== "linux";
  Deno.test({ name, ignore, sanitizeOps: true, sanitizeResources: true, timeout: TEST_MS, fn });
}

/** Declares a test that starts Redis servers. */
export function redisTest(name: string, fn: () => Promise<void>): void {
  const shown = hasRedis ? name : `${name} (skipped: no redis-server on this machine)`;
  Deno.test({ name: shown, ignore: !hasRedis, sanitizeOps: true, sanitizeResources: true, timeout: TEST_MS, fn });
}

/** Calls `body` with a new folder, and removes the folder afterwards. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "okq_test_" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
