import { DRIVES } from "../../../testing/fuzz/properties/properties.ts";
import { fuzz } from "../../../testing/fuzz/run.ts";
import { STORES } from "../../../testing/fuzz/stores.ts";
import { assert } from "../../deps.ts";
import { programTest, redisTest } from "../../support/programs.ts";

/** How long each store is fuzzed. `deno task fuzz` goes on for longer. */
const SECONDS = 3;

for (const [name, make] of Object.entries(STORES)) {
  const declare = name === "redis" ? redisTest : programTest;
  declare(`No input of any kind brings okq down or has it answer anything wrong (${name})`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    await make(async (store, instances) => {
      const { runs, failure } = await fuzz({ store, instances, drives: DRIVES, seconds: SECONDS, seed });
      assert.equal(failure, undefined, `--store ${name} --drive ${failure?.drive} --seed ${failure?.seed}`);
      assert.ok(runs.size > 0);
    });
  });
}
