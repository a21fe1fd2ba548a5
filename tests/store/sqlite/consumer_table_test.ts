import { ConsumerTable } from "../../../store/sqlite/consumer_table.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../contract/suite.ts";

Deno.test("ConsumerTable names the queues with consumers, and keeps names that their owner changes", () => {
  const consumers = new ConsumerTable();
  const name = bytes("jobs");
  consumers.register(name, 2);
  consumers.register(bytes("other"), 1);
  name[0] = 0;
  consumers.register(bytes("other"), 0);
  assert.deepEqual(consumers.names(), [bytes("jobs")]);
  assert.deepEqual([consumers.count(bytes("jobs")), consumers.count(bytes("other"))], [2, 0]);
});
