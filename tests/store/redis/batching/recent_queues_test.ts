import { RecentQueues } from "../../../../store/redis/batching/recent_queues.ts";
import { assert } from "../../../deps.ts";

const MANY = 5000;

const name = (i: number) => Uint8Array.of(0xff, i >> 8, i & 0xff);

Deno.test("RecentQueues forgets queues only when it is trimmed", () => {
  const queues = new RecentQueues();
  const first = queues.get(name(0));
  for (let i = 1; i < MANY; i++) queues.get(name(i));
  assert.equal(queues.get(name(0)), first);
  queues.trim();
  assert.notEqual(queues.get(name(0)), first);
  assert.deepEqual(queues.get(name(0)), first);
});
