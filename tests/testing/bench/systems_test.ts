import { LoadClient } from "../../../testing/bench/load/load_client.ts";
import { minimalSystem } from "../../../testing/bench/systems.ts";
import { makeRedis } from "../../../testing/stores.ts";
import { assert } from "../../deps.ts";
import { TEST_MS } from "../../support/limits.ts";
import { sendToRedis } from "../../support/redis_command.ts";
import { hasRedis } from "../../support/redis_server.ts";

Deno.test({
  name: "The minimal scripts push, pop and acknowledge, and leave nothing behind",
  ignore: Deno.build.os !== "linux" || !hasRedis,
  timeout: TEST_MS,
  sanitizeOps: false, // the thread of the client ends later
  sanitizeResources: false,
  async fn() {
    await using stack = new AsyncDisposableStack();
    const redis = await makeRedis(stack);
    using client = new LoadClient();
    const { port, steps } = await minimalSystem(redis);
    const { push, pop, ack, ackPopped } = steps("q", 32);
    const load = { port, connections: 2, pipeline: 1, events: 20 };
    // A load throws if a reply is wrong or missing.
    await client.run({ ...load, steps: [push, pop, ackPopped] });
    for (const step of [push, pop, ack]) await client.run({ ...load, steps: [step] });
    assert.equal(await sendToRedis(redis, "DBSIZE"), 0);
  },
});
