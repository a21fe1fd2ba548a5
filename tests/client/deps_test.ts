import { assert } from "../deps.ts";
import { readSource } from "../support/sources.ts";

const PATHS = ["client/deps.ts", "client/mod.ts", "store/redis/deps.ts"];

Deno.test(`${PATHS.join(", ")} name the same version of the Redis client`, async () => {
  const versions = await Promise.all(PATHS.map(async (path) => {
    return [...(await readSource(path)).matchAll(/@redis\/client@([\d.]+\d)/g)].map(([, version]) => version);
  }));
  const [[expected]] = versions;
  assert.deepEqual(versions, [[expected], [expected], [expected]]);
});
