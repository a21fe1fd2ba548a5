import { fuzz, PROPERTIES } from "../../../testing/fuzz/run.ts";
import { STORE_NAMES, STORES } from "../../../testing/stores.ts";
import { assert } from "../../deps.ts";
import { programTest, redisTest } from "../../support/programs.ts";

/** How long each store is fuzzed; `deno task fuzz` takes longer. */
const SECONDS = 3;

for (const name of STORE_NAMES) {
  const declare = name === "redis" ? redisTest : programTest;
  declare(`Random input neither crashes okq nor gets a wrong reply (${name})`, async () => {
    await using stack = new AsyncDisposableStack();
    const { url: store, instances } = await STORES[name](stack);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { runs, failure } = await fuzz({ store, instances, properties: PROPERTIES, seconds: SECONDS, seed });
    assert.equal(failure, undefined, `--store ${name} --property ${failure?.property} --seed ${failure?.seed}`);
    assert.ok(runs.size > 0);
  });
}
