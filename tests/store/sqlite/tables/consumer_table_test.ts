import { ConsumerTable } from "../../../../store/sqlite/tables/consumer_table.ts";
import { CONSUMER_TTL_MS } from "../../../../store/limits.ts";
import { assert } from "../../../deps.ts";
import { bytes } from "../../contract/suite.ts";

Deno.test("ConsumerTable drops an instance that did not register again within CONSUMER_TTL_MS", () => {
  const realNow = performance.now;
  let now = performance.now();
  performance.now = () => now;
  try {
    const consumers = new ConsumerTable();
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
    performance.now = realNow;
  }
});
