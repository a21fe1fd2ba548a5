/** How long consumers count. */
import { Consumers } from "../../../../store/sqlite/operations/consumers.ts";
import { CONSUMER_TTL_MS } from "../../../../store/limits.ts";
import { assert } from "../../../deps.ts";
import { bytes } from "../../contract/suite.ts";

Deno.test("Consumers forgets an instance that gave no sign of life for CONSUMER_TTL_MS", () => {
  const realNow = Date.now;
  let now = realNow();
  Date.now = () => now;
  try {
    const consumers = new Consumers();
    consumers.register(bytes("jobs"), "dead", 2);
    consumers.register(bytes("jobs"), "alive", 3);
    now += CONSUMER_TTL_MS - 1;
    assert.equal(consumers.count(bytes("jobs")), 5);
    consumers.register(bytes("jobs"), "alive", 3);
    now += 1;
    assert.equal(consumers.count(bytes("jobs")), 3);
    now += CONSUMER_TTL_MS;
    assert.deepEqual(consumers.names(), []);
    assert.equal(consumers.count(bytes("jobs")), 0);
  } finally {
    Date.now = realNow;
  }
});
