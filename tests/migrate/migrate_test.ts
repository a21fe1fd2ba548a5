import { migrate, type MigrationOptions } from "../../migrate/migrate.ts";
import type { LegacySource } from "../../migrate/source.ts";
import { openGoOkq } from "../../migrate/go_okq.ts";
import { openRedisStore } from "../../store/redis/redis_store.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";
import type { Store } from "../../store/store.ts";
import { assert } from "../deps.ts";
import { GoOkq } from "./go_okq.ts";
import { redisTest } from "../support/programs.ts";
import { redisIsThere, sharedRedis } from "../support/redis_server.ts";
import { bytes, drain, push, shown } from "../store/contract/suite.ts";
import { connect } from "../support/wire.ts";

const redis = redisIsThere ? await sharedRedis() : undefined;

const STORE_OPTIONS = { timeoutMs: 5000, report: () => {} };

const OPTIONS: MigrationOptions = { maxQueueBytes: 512, maxIdBytes: 1024, watchMs: 1 };

/** Where events may go: into the very Redis that they come from, or elsewhere. */
const STORES: Record<string, () => Promise<Store>> = {
  "the same Redis": () => openRedisStore(redis!.url, STORE_OPTIONS, { replicas: 0, timeoutMs: 1000 }),
  SQLite: () => openSqliteStore(":memory:"),
};

/** What a test has at hand. */
interface Scene {
  go: GoOkq;
  former: LegacySource;
  store: Store;
  /** Moves all, through a connection of its own as a new process would have it. */
  run(options?: Partial<MigrationOptions>): ReturnType<typeof migrate>;
}

function migrationTest(name: string, body: (scene: Scene) => Promise<void>): void {
  for (const [where, open] of Object.entries(STORES)) {
    redisTest(`migrate to ${where}: ${name}`, async () => {
      await using stack = new AsyncDisposableStack();
      const wire = stack.use(await connect({ hostname: "127.0.0.1", port: redis!.port }));
      await wire.command("FLUSHALL");
      const openFormer = () => openGoOkq(redis!.url, STORE_OPTIONS);
      const former = stack.adopt(await openFormer(), (former) => former.close());
      const store = stack.adopt(await open(), (store) => store.close());
      const run = async (options: Partial<MigrationOptions> = {}) => {
        const former = await openFormer();
        try {
          return await migrate(former, store, { ...OPTIONS, ...options });
        } finally {
          former.close();
        }
      };
      await body({ go: new GoOkq(wire), former, store, run });
    });
  }
}

const JOBS = bytes("jobs");

const FIGURES = { queues: 1, moved: 0, held: 0, unnameable: 0, void: 0 };

migrationTest("all events are ready in the order in which they would have come, and nothing is left", async (scene) => {
  const { go, store, run } = scene;
  for (const id of ["1", "2", "3", "4", "5"]) await go.push("jobs", id);
  await go.push("jobs", "urgent", "now", "R");
  // Those being processed come back first, the one popped first before the others.
  assert.deepEqual([await go.pop("jobs"), await go.pop("jobs")], ["urgent", "1"]);
  const odd = "\xff\r\n}:claimed{ \0";
  await go.push(odd, `${odd}}`, odd);
  assert.deepEqual(await run(), { ...FIGURES, queues: 2, moved: 7 });
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
  const seen: number[] = [];
  const figures = await run({ progress: (done, total) => seen.push(done / total) });
  assert.deepEqual(figures, { ...FIGURES, moved: 600 });
  assert.deepEqual([seen.at(-1), seen.length > 3], [1, true]);
  assert.equal((await store.peek(JOBS, "right"))?.contents.length, 1);
  assert.deepEqual(await drain(store, JOBS), ids);
});

migrationTest("a run that was cut off between any two steps loses and doubles nothing", async (scene) => {
  const { go, former, store, run } = scene;
  for (const id of ["1", "2", "3"]) await go.push("jobs", id);
  // Killed after a part of the batch was pushed.
  for await (const { events } of former.batches(JOBS)) {
    assert.deepEqual(events.map(({ id }) => `${id}`), ["1", "2", "3"]);
    await push(store, JOBS, "1", "2");
    break;
  }
  assert.deepEqual(await go.left(), ["queue:{jobs}", "queue:{jobs}:items", "queue:{jobs}:moving"]);
  assert.deepEqual(await run(), { ...FIGURES, moved: 3 });
  assert.deepEqual(await go.left(), []);
  assert.deepEqual(await run(), { ...FIGURES, queues: 0 });
  assert.deepEqual(await drain(store, JOBS), ["1", "2", "3"]);
});

migrationTest("what cannot be moved stays where it is, and is counted", async ({ go, store, run }) => {
  for (const id of ["1", "taken", "", "2", "i".repeat(1025), "3"]) await go.push("jobs", id);
  for (const name of ["", "q".repeat(513)]) await go.push(name, "id");
  await push(store, JOBS, "taken");
  const left = { ...FIGURES, queues: 3, held: 1, unnameable: 4 };
  assert.deepEqual(await run(), { ...left, moved: 3 });
  assert.deepEqual(await go.do("LRANGE", "queue:{jobs}", "0", "-1"), ["i".repeat(1025), "", "taken"]);
  assert.equal(await go.do("HGET", "queue:{jobs}:items", "taken"), "c-taken");
  assert.deepEqual(await drain(store, JOBS), ["taken", "1", "2", "3"]);
  assert.deepEqual(await run(), { ...left, held: 0, moved: 1 });
  assert.deepEqual(await drain(store, JOBS), ["taken"]);
});

migrationTest("what a crash of the old okq left behind is told apart", async ({ go, store, run }) => {
  for (const id of ["1", "2", "acked", "3"]) await go.push("jobs", id);
  await go.do("HSETNX", "queue:{jobs}:items", "half pushed", "c");
  await go.do("HDEL", "queue:{jobs}:items", "acked");
  await go.do("RPUSH", "queue:{jobs}", "3"); // given back twice
  assert.deepEqual(await run(), { ...FIGURES, moved: 4, void: 1 });
  assert.deepEqual(await go.left(), []);
  assert.deepEqual(await drain(store, JOBS), ["3", "1", "2", "half pushed"]);
});

migrationTest("it does nothing while a consumer is connected or an event is being processed", async (scene) => {
  const { go, store, run } = scene;
  await go.push("jobs", "1");
  await go.register("jobs", "gone", 31);
  await go.register("jobs", "alive", 20);
  await assert.rejects(run(), { name: "FormerInUse", message: /^queue:\{jobs\}:consumers holds a consumer/ });
  await go.do("ZREM", "queue:{jobs}:consumers", "alive");
  await go.pop("jobs", 60);
  await assert.rejects(run(), {
    name: "FormerInUse",
    message: /^queue:\{jobs\}:lock:1 says .* for another (59|60) s;/,
  });
  assert.equal(await store.ready(JOBS), 0);
  await go.do("DEL", "queue:{jobs}:lock:1");
  assert.deepEqual(await run(), { ...FIGURES, moved: 1 });
  assert.deepEqual(await go.left(), ["queue:{jobs}:consumers"]);
});

migrationTest(
  "it stops when the old okq changes something meanwhile, and can go on",
  async ({ go, former, store, run }) => {
    for (let i = 0; i < 300; i++) await go.push("jobs", `${i}`);
    let batches = 0;
    const interrupted = async (then: () => Promise<void>) => {
      for await (const { events, settle } of former.batches(JOBS)) {
        await Promise.all(events.map(({ id, contents }) => store.push(JOBS, id, contents!, "left")));
        batches++;
        await then();
        await settle(events.map(() => "moved"));
      }
    };
    const refused = { name: "FormerInUse", message: "queue:{jobs} changed while it was being moved; stop the old okq" };
    await assert.rejects(interrupted(() => go.push("jobs", "300")), refused);
    assert.equal(batches, 1);
    // Popped and pushed, so that the lengths are the same: the event is not where it was.
    await assert.rejects(
      interrupted(async () => {
        await go.do("RPOP", "queue:{jobs}");
        await go.do("LPUSH", "queue:{jobs}", "301");
      }),
      refused,
    );
    assert.deepEqual(await run(), { ...FIGURES, moved: 45, void: 1 });
    assert.deepEqual(await go.left(), []);
    assert.deepEqual(await drain(store, JOBS), Array.from({ length: 301 }, (_, i) => `${i}`));
  },
);

migrationTest("names and ids that look like keys of the old okq are told apart", async ({ go, store, run }) => {
  await go.push("a}:lock:b", "1");
  await go.push("jobs", '{"json":1}');
  await go.pop("jobs", 60);
  await assert.rejects(run(), { name: "FormerInUse", message: /^queue:\{jobs\}:lock:\{"json":1\} says/ });
  await go.do("DEL", 'queue:{jobs}:lock:{"json":1}');
  assert.deepEqual(await run(), { ...FIGURES, queues: 2, moved: 2 });
  assert.deepEqual(await drain(store, bytes("a}:lock:b")), ["1"]);
});

migrationTest("it notices what the old okq does between two looks", async ({ go, former, store }) => {
  await go.push("jobs", "1");
  const afterLook = (look: number, then: () => Promise<void>): LegacySource => {
    let looks = 0;
    return {
      overview: async () => {
        const found = await former.overview();
        if (++looks === look) await then();
        return found;
      },
      batches: (queue) => former.batches(queue),
      close: () => {},
    };
  };
  const early = migrate(afterLook(1, () => go.push("jobs", "2")), store, OPTIONS);
  await assert.rejects(early, { name: "FormerInUse", message: "its queues change; stop it" });
  assert.equal(await store.ready(JOBS), 0);
  const late = migrate(afterLook(2, () => go.push("other", "3")), store, OPTIONS);
  await assert.rejects(late, { name: "FormerInUse", message: "events have come meanwhile; stop it" });
  const consumer = migrate(afterLook(2, () => go.register("other", "consumer")), store, OPTIONS);
  await assert.rejects(consumer, { name: "FormerInUse", message: /^queue:\{other\}:consumers holds a consumer/ });
  assert.deepEqual([await store.ready(JOBS), await store.ready(bytes("other"))], [2, 1]);
});
