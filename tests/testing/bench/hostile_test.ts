import { LoadClient } from "../../../testing/bench/load/load.ts";
import { attacks } from "../../../testing/bench/measures/attacks.ts";
import { endure, RESIDENT_BOUND_MIB } from "../../../testing/bench/measures/hostile.ts";
import { assert } from "../../deps.ts";

/** How large a part of the attackers there are, and for how long: `deno task hostile` has all of them. */
const SCALE = 0.1;
const SECONDS = 1;

for (const kind of attacks(SCALE)) {
  Deno.test({
    name: `An honest client is served, and memory stays bounded, beside ${kind.name}`,
    ignore: Deno.build.os !== "linux",
    timeout: 120_000,
    sanitizeOps: false, // the threads of the attackers end when they like
    sanitizeResources: false,
    async fn() {
      using client = new LoadClient();
      const { p50, resident } = await endure(client, "sqlite::memory:", kind, SECONDS);
      assert.ok(p50 > 0);
      assert.ok(resident > 0 && resident < RESIDENT_BOUND_MIB, `${resident} MiB`);
    },
  });
}
