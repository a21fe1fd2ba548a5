import { assert } from "../deps.ts";
import { readSource } from "../support/sources.ts";

Deno.test("client/deps.ts, client/mod.ts and deps.ts name the same version of the Redis client", async () => {
  const versions = await Promise.all(["client/deps.ts", "client/mod.ts", "deps.ts"].map(async (path) => {
    return [...(await readSource(path)).matchAll(/@redis\/client@([\d.]+\d)/g)].map(([, version]) => version);
  }));
  const [[expected]] = versions;
  assert.deepEqual(versions, [[expected], [expected], [expected]]);
});
