import { run } from "../../../testing/chaos/run.ts";
import type { Scenario } from "../../../testing/chaos/scenario.ts";
import { SCENARIOS } from "../../../testing/chaos/scenarios.ts";
import { assert } from "../../deps.ts";
import { redisIsThere } from "../../support/redis_server.ts";

/** How long there are faults in each scenario, in seconds. `deno task chaos` goes on for longer. */
const SECONDS = 1;
/** How long a scenario may take with all that it starts and stops, in milliseconds. */
const TEST_MS = 180_000;

function name({ name, about }: Scenario, skipped: boolean): string {
  const reason = "skipped: no redis-server on this machine";
  return `Every promise is kept in the scenario ${name}: ${about}${skipped ? ` (${reason})` : ""}`;
}

for (const scenario of SCENARIOS) {
  const skipped = !redisIsThere && !scenario.name.startsWith("sqlite");
  Deno.test({
    name: name(scenario, skipped),
    ignore: skipped || Deno.build.os !== "linux",
    timeout: TEST_MS,
    async fn() {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const notes: string[] = [];
      const { broken, figures, faults } = await run(scenario, {
        seconds: SECONDS,
        seed,
        note: (text) => notes.push(text),
      });
      assert.deepEqual(broken, [], `seed ${seed}\n${notes.join("\n")}`);
      assert.ok(faults > 0 && figures.pushed > 0 && figures.delivered >= figures.pushed);
    },
  });
}
