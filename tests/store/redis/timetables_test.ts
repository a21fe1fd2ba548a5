/** Timetables of the Redis store, where a test needs the data in Redis or a Cluster. */
import { compareBytes, keyOf } from "../../../store/bytes.ts";
import { emptyReport } from "../../../store/consistency.ts";
import { openRedisStore } from "../../../store/redis/redis_store.ts";
import { readField } from "../../../store/redis/timetables.ts";
import type { Store, Timetable } from "../../../store/store.ts";
import { Buffer } from "../../../deps.ts";
import { assert } from "../../deps.ts";
import { redisTest } from "../../support/programs.ts";
import { startCluster } from "../../support/redis_cluster.ts";
import { startRedis } from "../../support/redis_server.ts";
import { connect } from "../../support/wire.ts";
import { bytes, drain } from "../contract/suite.ts";

const EARLIER = Date.UTC(2020, 0);
const LATER = Date.UTC(2100, 0);

const open = (url: string): Promise<Store> =>
  openRedisStore(url, { timeoutMs: 60_000, report: () => {} }, { replicas: 0, timeoutMs: 1000 });

function due(queue: string, name = "n", contents: Uint8Array = bytes("c")): Timetable {
  const rule = { expression: "* * * * *", zone: "UTC", group: null, meta: null };
  return { queue: bytes(queue), name: bytes(name), contents, ...rule, nextAt: EARLIER, lastAt: null };
}

redisTest("RedisStore leaves no key of timetables that were deleted, and of their events", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  for (const size of [2000, 3000, 10, 4000]) {
    await store.setTimetable(due("jobs", "n", new Uint8Array(size)));
    const ids = ["1", "1", "2"].map((id) => bytes(`${size} ${id}`));
    for (const [i, id] of ids.entries()) {
      await store.fireTimetable(bytes("jobs"), bytes("n"), EARLIER + i, id, EARLIER + i + 1);
    }
    await store.setTimetable({ ...due("jobs"), expression: "1 * * * *" });
  }
  const { orphans, events, timetables } = await store.check();
  assert.deepEqual([orphans, events, timetables], [emptyReport().orphans, 8, 1]);
  assert.equal((await drain(store, bytes("jobs"))).length, 8);
  await store.deleteTimetable(bytes("jobs"), bytes("n"));
  await store.reclaim();
  const left = (await direct.command("KEYS", "*") as string[]).filter((key) => !key.includes(":contents:"));
  assert.deepEqual(left, ["okq:layout"]);
  // Contents of events that were popped stay until they are read, and those of the timetable are removed.
  for (const key of await direct.command("KEYS", "okq:*:contents:*") as string[]) {
    assert.notEqual(await direct.command("PTTL", key), -1, key);
  }
});

redisTest("RedisStore does not push the event of a timetable whose large contents are lost", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(redis.url), (store) => store.close());
  await store.setTimetable(due("jobs", "n", new Uint8Array(2000)));
  const [key] = await direct.command("KEYS", "okq:*:contents:*") as string[];
  await direct.command("DEL", key);
  await assert.rejects(store.timetable(bytes("jobs"), bytes("n")), /Redis has lost the contents of a timetable/);
  const fire = store.fireTimetable(bytes("jobs"), bytes("n"), EARLIER, bytes("id"), LATER);
  await assert.rejects(fire, /Redis has lost the contents/);
  assert.equal((await store.status(bytes("jobs"))).total, 0);
  assert.equal((await store.timetables())[0].nextAt, EARLIER);
  assert.equal(await store.setTimetable(due("jobs", "n", new Uint8Array(2000))), true);
  assert.equal(
    await store.fireTimetable(bytes("jobs"), bytes("n"), EARLIER, bytes("id"), LATER),
    "pushed",
  );
});

redisTest("RedisStore keeps timetables of all partitions of a Cluster", async () => {
  await using cluster = await startCluster();
  await using stack = new AsyncDisposableStack();
  const store = stack.adopt(await open(cluster.url), (store) => store.close());
  const before = store.minute;
  await store.reclaim();
  assert.notEqual(store.minute, before);
  const queues = Array.from({ length: 50 }, (_, i) => `q${i}`);
  await Promise.all(queues.map((queue, i) => store.setTimetable(due(queue, `n${i}`, new Uint8Array(40 * i)))));
  const listed = await store.timetables();
  assert.deepEqual(listed.map(({ queue }) => keyOf(queue)), queues.map(bytes).toSorted(compareBytes).map(keyOf));
  assert.deepEqual((await store.timetables(bytes("q7"))).map(({ size }) => size), [280]);
  const found = await store.dueTimetables();
  assert.equal(found.length, 50);
  const results = await Promise.all(
    found.map(({ queue, name, nextAt }) => store.fireTimetable(queue, name, nextAt, name, LATER)),
  );
  assert.deepEqual([...new Set(results)], ["pushed"]);
  assert.deepEqual(await store.dueTimetables(), []);
  const { orphans, timetables, events } = await store.check();
  assert.deepEqual([orphans, timetables, events], [emptyReport().orphans, 50, 50]);
  for (const [i, queue] of queues.entries()) assert.deepEqual(await drain(store, bytes(queue)), [`n${i}`]);
});

Deno.test("readField takes queue and name apart", () => {
  const { queue, name } = readField(Buffer.from("\0\x02aabb"));
  assert.deepEqual([keyOf(queue), keyOf(name)], ["aa", "bb"]);
});
