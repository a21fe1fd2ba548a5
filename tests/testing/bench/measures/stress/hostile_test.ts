import { LoadClient } from "../../../../../testing/bench/load/load_client.ts";
import { attacks } from "../../../../../testing/bench/load/attacks.ts";
import { endure } from "../../../../../testing/bench/measures/stress/hostile.ts";
import { assert } from "../../../../deps.ts";
import { TEST_MS } from "../../../../support/limits.ts";

/** Share of the attackers, and seconds; `deno task hostile` has all of them, and judges memory too. */
const SCALE = 0.1;
const SECONDS = 1;

for (const { seconds: _, ...kind } of attacks(SCALE)) {
  Deno.test({
    name: `An honest client gets every reply beside ${kind.name}`,
    ignore: Deno.build.os !== "linux",
    timeout: TEST_MS,
    sanitizeOps: false, // the threads of the attackers end later
    sanitizeResources: false,
    async fn() {
      using client = new LoadClient();
      const { attacked, sentBytes } = await endure(client, "sqlite::memory:", kind, SECONDS);
      // endure throws if a reply is wrong or missing.
      assert.ok(attacked.length > 0);
      assert.ok(sentBytes > 0 || kind.plan.again.length === 0, "the attackers sent nothing");
    },
  });
}
