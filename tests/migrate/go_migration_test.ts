import { type GoMigrationOptions, migrateGo } from "../../migrate/go_migration.ts";
import type { LegacySource } from "../../migrate/source.ts";
import { openGoOkq } from "../../migrate/go_okq.ts";
import { openRedisStore } from "../../store/redis/redis_store.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";
import type { Store } from "../../store/store.ts";
import { assert } from "../deps.ts";
import { GoOkq } from "./go_okq.ts";
import { redisTest } from "../support/programs.ts";
import { hasRedis, sharedRedis } from "../support/redis_server.ts";
import { bytes, drain, push, shown } from "../store/contract/suite.ts";
import { connect } from "../support/wire.ts";

const redis = hasRedis ? await sharedRedis() : undefined;

const STORE_OPTIONS = { timeoutMs: 60_000, report: () => {} };

/** The destinations: the same Redis that holds the old events, and another store. */
const STORES: Record<string, () => Promise<Store>> = {
  "the same Redis": () => openRedisStore(redis!.url, STORE_OPTIONS, { replicas: 0, timeoutMs: 1000 }),
  SQLite: () => openSqliteStore(":memory:"),
};

interface Fixture {
  go: GoOkq;
  source: LegacySource;
  store: Store;
  /** Migrates through a connection of its own, as a new process would. */
  run(options?: GoMigrationOptions): ReturnType<typeof migrateGo>;
}

function migrationTest(name: string, body: (fixture: Fixture) => Promise<void>): void {
  for (const [where, open] of Object.entries(STORES)) {
    redisTest(`migrate to ${where}: ${name}`, async () => {
      await using stack = new AsyncDisposableStack();
      const wire = stack.use(await connect({ hostname: "127.0.0.1", port: redis!.port }));
      await wire.command("FLUSHALL");
      const openSource = () => openGoOkq(redis!.url, STORE_OPTIONS);
      const source = stack.adopt(await openSource(), (source) => source.close());
      const store = stack.adopt(await open(), (store) => store.close());
      const run = async (options: GoMigrationOptions = {}) => {
        const source = await openSource();
        try {
          return await migrateGo(source, store, { watchMs: 1, ...options });
        } finally {
          source.close();
        }
      };
      await body({ go: new GoOkq(wire), source, store, run });
    });
  }
}

const JOBS = bytes("jobs");

const REPORT = { queues: 1, moved: 0, duplicates: 0, unnameable: 0, missing: 0 };

migrationTest("all events are ready in the order of their next deliveries, and nothing is left", async (fixture) => {
  const { go, store, run } = fixture;
  for (const id of ["1", "2", "3", "4", "5"]) await go.push("jobs", id);
  await go.push("jobs", "urgent", "now", "R");
  // Leased events come back first, the one popped first before the others.
  assert.deepEqual([await go.pop("jobs"), await go.pop("jobs")], ["urgent", "1"]);
  const odd = "\xff\r\n}:claimed{ \0";
  await go.push(odd, `${odd}}`, odd);
  assert.deepEqual(await run(), { ...REPORT, queues: 2, moved: 7 });
  assert.deepEqual(await go.left(), []);
  assert.equal(shown(await store.peek(JOBS, "right")), "urgent=now");
  assert.deepEqual(await drain(store, JOBS), ["urgent", "1", "2", "3", "4", "5"]);
  const name = Uint8Array.from(odd, (character) => character.charCodeAt(0));
  assert.equal(shown(await store.pop(name, 0)), `${odd}}=${odd}`);
});

migrationTest("many events and large ones keep their order through all batches", async ({ go, store, run }) => {
  const ids = Array.from({ length: 600 }, (_, i) => `${i}`);
  const large = "x".repeat(300_000);
  await go.do("HSET", "queue:{jobs}:items", ...ids.flatMap((id) => [id, Number(id) % 100 === 7 ? large : id]));
  await go.do("LPUSH", "queue:{jobs}", ...ids);
  for (let i = 0; i < 300; i++) await go.pop("jobs");
  const parts: number[] = [];
  const report = await run({ progress: (done, total) => parts.push(done / total) });
  assert.deepEqual(report, { ...REPORT, moved: 600 });
  assert.deepEqual([parts.at(-1), parts.length > 3], [1, true]);
  assert.equal((await store.peek(JOBS, "right"))?.contents.length, 1);
  assert.deepEqual(await drain(store, JOBS), ids);
});

migrationTest("a run that is interrupted between any two steps loses and doubles nothing", async (fixture) => {
  const { go, source, store, run } = fixture;
  for (const id of ["1", "2", "3"]) await go.push("jobs", id);
  // Killed after a part of the batch was pushed.
  for await (const { events } of source.batches(JOBS)) {
    assert.deepEqual(events.map(({ id }) => `${id}`), ["1", "2", "3"]);
    await push(store, JOBS, "1", "2");
    break;
  }
  assert.deepEqual(await go.left(), ["queue:{jobs}", "queue:{jobs}:items", "queue:{jobs}:moving"]);
  assert.deepEqual(await run(), { ...REPORT, moved: 3 });
  assert.deepEqual(await go.left(), []);
  assert.deepEqual(await run(), { ...REPORT, queues: 0 });
  assert.deepEqual(await drain(store, JOBS), ["1", "2", "3"]);
});

migrationTest("events that cannot be moved are kept and counted", async ({ go, store, run }) => {
  for (const id of ["1", "duplicate", "", "2", "i".repeat(1025), "3"]) await go.push("jobs", id);
  for (const name of ["", "q".repeat(513)]) await go.push(name, "id");
  await push(store, JOBS, "duplicate");
  const kept = { ...REPORT, queues: 3, duplicates: 1, unnameable: 4 };
  assert.deepEqual(await run(), { ...kept, moved: 3 });
  assert.deepEqual(await go.do("LRANGE", "queue:{jobs}", "0", "-1"), ["i".repeat(1025), "", "duplicate"]);
  assert.equal(await go.do("HGET", "queue:{jobs}:items", "duplicate"), "c-duplicate");
  assert.deepEqual(await drain(store, JOBS), ["duplicate", "1", "2", "3"]);
  assert.deepEqual(await run(), { ...kept, duplicates: 0, moved: 1 });
  assert.deepEqual(await drain(store, JOBS), ["duplicate"]);
});

migrationTest("what a crash of the old okq left is moved or dropped", async ({ go, store, run }) => {
  for (const id of ["1", "2", "acked", "3"]) await go.push("jobs", id);
  await go.do("HSETNX", "queue:{jobs}:items", "half pushed", "c");
  await go.do("HDEL", "queue:{jobs}:items", "acked");
  await go.do("RPUSH", "queue:{jobs}", "3"); // given back twice
  assert.deepEqual(await run(), { ...REPORT, moved: 4, missing: 1 });
  assert.deepEqual(await go.left(), []);
  assert.deepEqual(await drain(store, JOBS), ["3", "1", "2", "half pushed"]);
});

migrationTest("nothing is moved while a consumer is connected or an event is leased", async (fixture) => {
  const { go, store, run } = fixture;
  await go.push("jobs", "1");
  await go.register("jobs", "expired", 31);
  await go.register("jobs", "alive", 10);
  await assert.rejects(run(), { name: "SourceInUse", message: /^queue:\{jobs\}:consumers holds a connected consumer/ });
  await go.do("ZREM", "queue:{jobs}:consumers", "alive");
  await go.pop("jobs", 60);
  await assert.rejects(run(), {
    name: "SourceInUse",
    message: /^the lease of queue:\{jobs\}:lock:1 ends in \d\d? s;/,
  });
  assert.equal(await store.ready(JOBS), 0);
  await go.do("DEL", "queue:{jobs}:lock:1");
  assert.deepEqual(await run(), { ...REPORT, moved: 1 });
  assert.deepEqual(await go.left(), ["queue:{jobs}:consumers"]);
});

migrationTest("it stops when the old okq changes a queue meanwhile, and can be repeated", async (fixture) => {
  const { go, source, store, run } = fixture;
  for (let i = 0; i < 300; i++) await go.push("jobs", `${i}`);
  let batches = 0;
  const interrupted = async (change: () => Promise<void>) => {
    for await (const { events, complete } of source.batches(JOBS)) {
      await Promise.all(events.map(({ id, contents }) => store.push(JOBS, id, contents!, "left")));
      batches++;
      await change();
      await complete(events.map(() => "moved"));
    }
  };
  const refused = { name: "SourceInUse", message: "queue:{jobs} changed while it was being moved; stop the old okq" };
  await assert.rejects(interrupted(() => go.push("jobs", "300")), refused);
  assert.equal(batches, 1);
  // One popped and one pushed, so that the lengths are the same: an id is missing in the list.
  await assert.rejects(
    interrupted(async () => {
      await go.do("RPOP", "queue:{jobs}");
      await go.do("LPUSH", "queue:{jobs}", "301");
    }),
    refused,
  );
  assert.deepEqual(await run(), { ...REPORT, moved: 45, missing: 1 });
  assert.deepEqual(await go.left(), []);
  assert.deepEqual(await drain(store, JOBS), Array.from({ length: 301 }, (_, i) => `${i}`));
});

migrationTest("names and ids that resemble keys of the old okq are told apart", async ({ go, store, run }) => {
  await go.push("a}:lock:b", "1");
  await go.push("jobs", '{"json":1}');
  await go.pop("jobs", 60);
  await assert.rejects(run(), { name: "SourceInUse", message: /^the lease of queue:\{jobs\}:lock:\{"json":1\} ends/ });
  await go.do("DEL", 'queue:{jobs}:lock:{"json":1}');
  assert.deepEqual(await run(), { ...REPORT, queues: 2, moved: 2 });
  assert.deepEqual(await drain(store, bytes("a}:lock:b")), ["1"]);
});

migrationTest("it notices what the old okq does between two overviews", async ({ go, source, store }) => {
  await go.push("jobs", "1");
  const afterOverview = (number: number, change: () => Promise<void>): LegacySource => {
    let overviews = 0;
    return {
      overview: async () => {
        const overview = await source.overview();
        if (++overviews === number) await change();
        return overview;
      },
      batches: (queue) => source.batches(queue),
      close: () => {},
    };
  };
  const options = { watchMs: 1 };
  const early = migrateGo(afterOverview(1, () => go.push("jobs", "2")), store, options);
  await assert.rejects(early, { name: "SourceInUse", message: "its queues change; stop it" });
  assert.equal(await store.ready(JOBS), 0);
  const late = migrateGo(afterOverview(2, () => go.push("other", "3")), store, options);
  await assert.rejects(late, { name: "SourceInUse", message: "events were pushed meanwhile; stop it" });
  const consumer = migrateGo(afterOverview(2, () => go.register("other", "consumer")), store, options);
  await assert.rejects(consumer, {
    name: "SourceInUse",
    message: /^queue:\{other\}:consumers holds a connected consum/,
  });
  assert.deepEqual([await store.ready(JOBS), await store.ready(bytes("other"))], [2, 1]);
});
