import { History } from "../../../testing/chaos/history.ts";
import { run } from "../../../testing/chaos/run.ts";
import { timetables } from "../../../testing/chaos/scenarios/okq_redis.ts";
import { SCENARIOS } from "../../../testing/chaos/scenarios/scenarios.ts";
import { assert } from "../../deps.ts";
import { cannotSetClock } from "../../support/redis_clock.ts";
import { hasRedis } from "../../support/redis_server.ts";
import { TEST_MS } from "../../support/limits.ts";

/** How long faults are injected in each scenario; `deno task chaos` takes longer, and judges times and memory too. */
const SECONDS = 1;

/** A third of the load, for a machine that runs other tests meanwhile. */
const PRODUCER_PAUSE_MS = 300;

for (const scenario of SCENARIOS) {
  const needsRedis = !scenario.name.includes("sqlite");
  const problem = scenario === timetables
    ? cannotSetClock
    : hasRedis || !needsRedis
    ? ""
    : "no redis-server on this machine";
  const reason = problem && ` (skipped: ${problem})`;
  Deno.test({
    name: `Every guarantee holds in the chaos scenario ${scenario.name}: ${scenario.about}${reason}`,
    ignore: problem !== "" || Deno.build.os !== "linux",
    timeout: TEST_MS,
    async fn() {
      const seed = Math.floor(Math.random() * 2 ** 32);
      const notes: string[] = [];
      using history = new History();
      const { violations, counts, faults } = await run(scenario, {
        seconds: SECONDS,
        seed,
        history,
        producerPauseMs: PRODUCER_PAUSE_MS,
        note: (text) => notes.push(text),
      });
      assert.deepEqual(violations, [], `seed ${seed}\n${notes.join("\n")}`);
      assert.ok(faults > 0 && counts.pushed > 0 && counts.delivered >= counts.pushed);
    },
  });
}
