import { chart } from "../../../testing/soak/chart.ts";
import { soak } from "../../../testing/soak/run.ts";
import { STORE_NAMES, STORES } from "../../../testing/stores.ts";
import { assert } from "../../deps.ts";
import { hasRedis } from "../../support/redis_server.ts";
import { TEST_MS } from "../../support/limits.ts";

/** Duration of the load; `deno task soak` takes long enough to judge how the series level off. */
const MINUTES = 3 / 60;

Deno.test({
  name: "Nothing is left of events, leases, consumers and connections after a load on either store",
  ignore: Deno.build.os !== "linux",
  timeout: TEST_MS,
  async fn() {
    await using stack = new AsyncDisposableStack();
    const names = STORE_NAMES.filter((name) => hasRedis || name !== "redis");
    await Promise.all(names.map(async (name) => {
      const result = await soak(await STORES[name](stack), MINUTES, Math.floor(Math.random() * 2 ** 31));
      assert.deepEqual(result.failures, [], name);
      assert.ok(result.sessions.visitor > 0 && result.times.length > 0);
      assert.match(chart(result, "a note"), /^<svg .*<\/svg>\n$/s);
    }));
  },
});
