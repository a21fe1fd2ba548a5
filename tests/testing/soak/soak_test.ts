import { soak } from "../../../testing/soak/run.ts";
import { picture } from "../../../testing/soak/chart.ts";
import { STORES } from "../../../testing/stores.ts";
import { assert } from "../../deps.ts";
import { redisIsThere } from "../../support/redis_server.ts";

/** How long there is load. `deno task soak` goes on until curves can be judged. */
const MINUTES = 3 / 60;

Deno.test({
  name: "Nothing is left of events, leases, consumers and connections when a crowd has come and gone, on either store",
  ignore: Deno.build.os !== "linux",
  timeout: 120_000,
  async fn() {
    const stores = Object.entries(STORES).filter(([name]) => redisIsThere || name !== "redis");
    await Promise.all(stores.map(([, make]) =>
      make(async (store) => {
        const result = await soak({ store, minutes: MINUTES, seed: Math.floor(Math.random() * 2 ** 31) });
        assert.deepEqual(result.wrong, [], store.name);
        assert.ok(result.sessions.visitor > 0 && result.times.length > 0);
        assert.match(picture(result, "a note"), /^<svg .*<\/svg>\n$/s);
      })
    ));
  },
});
