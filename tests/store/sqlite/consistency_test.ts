import { emptyReport, type Inconsistency } from "../../../store/consistency.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { type OrphanFixture, orphanTests } from "../contract/consistency.ts";
import { bytes, push } from "../contract/suite.ts";
import { sql, testWithFile } from "../../support/sqlite_file.ts";

const EVENT = "(queue, state, place, due, arrived, id, contents)";

function orphanMakers(path: string): OrphanFixture["make"] {
  const act = (text: string) => {
    sql(path, text);
    return Promise.resolve();
  };
  return {
    missingContents: () => act("DELETE FROM big_contents"),
    unreachable: () => act("INSERT INTO big_contents VALUES (999, x'00')"),
    duplicated: undefined, // seq is the key
    emptyQueues: () => act("INSERT INTO queues VALUES (99, x'99', 0, 0, 0, 0, 0, 0)"),
    missingQueues: () => act(`INSERT INTO events ${EVENT} VALUES (99, 0, 0, 0, 0, x'09', x'')`),
    strayTimers: undefined, // an index is the timer
    missingTimers: undefined,
    wrongCounts: () => act("UPDATE queues SET leased = leased + 1"),
    unknown: () => act("CREATE TABLE what (is_this)"),
  };
}

const KINDS = Object.entries(orphanMakers("")).filter(([, make]) => make).map(([kind]) => kind as Inconsistency);

orphanTests(KINDS, (name, body) =>
  testWithFile(`SQLite in a file: ${name}`, async (path) => {
    await body({ open: () => openSqliteStore(path, { readOnly: exists(path) }), make: orphanMakers(path) });
  }));

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

testWithFile(
  "SQLite in a file: check finds events in an invalid state, and positions beyond the ends of a queue",
  async (path) => {
    const store = await openSqliteStore(path);
    await push(store, bytes("one"), "1");
    await push(store, bytes("two"), "1", "2");
    await store.close();
    sql(path, "UPDATE events SET state = 4 WHERE queue = 1");
    sql(path, "UPDATE events SET place = place + 5 WHERE queue = 2 AND id = x'31'");
    const reader = await openSqliteStore(path, { readOnly: true });
    assert.deepEqual((await reader.check()).orphans, { ...emptyReport().orphans, unreachable: 1, wrongCounts: 2 });
    await reader.close();
  },
);

testWithFile(
  "SQLite in a file: check counts policies, and finds those that are default or invalid",
  async (path) => {
    const store = await openSqliteStore(path);
    await store.setPolicy(bytes("one"), { maxLength: 5 });
    await store.pause(bytes("two"), 0);
    await push(store, bytes("two"), "1");
    await store.close();
    const kinds: [string, Partial<Record<Inconsistency, number>>][] = [
      ["SELECT 1", {}],
      ["UPDATE policies SET max_length = 0, paused_until = 0", { emptyQueues: 2 }],
      ["UPDATE policies SET backoff = -1 WHERE name = CAST('one' AS BLOB)", { emptyQueues: 1, unknown: 1 }],
    ];
    for (const [text, orphans] of kinds) {
      sql(path, text);
      const reader = await openSqliteStore(path, { readOnly: true });
      const expected = { ...emptyReport(), queues: 2, events: 1, orphans: { ...emptyReport().orphans, ...orphans } };
      assert.deepEqual(await reader.check(), expected);
      await reader.close();
    }
  },
);

testWithFile("SQLite in a file: flushed events that are not deleted yet are no orphans", async (path) => {
  const store = await openSqliteStore(path);
  const ids = Array.from({ length: 5000 }, (_, i) => bytes(`${i}`));
  await Promise.all(ids.map((id) => store.push(bytes("jobs"), id, id, "left")));
  await store.flush(bytes("jobs"));
  assert.deepEqual(await store.check(), { ...emptyReport(), flushed: 5000 });
  for (let i = 0; i < 5; i++) await store.reclaim();
  assert.deepEqual(await store.check(), emptyReport());
  await store.close();
});

testWithFile("SQLite in a file: opened read-only, it creates no file and changes none", async (path) => {
  await assert.rejects(openSqliteStore(path, { readOnly: true }), {
    message: `Opening "${path}" failed: there is no store in it`,
  });
  assert.equal(exists(path), false);
  const store = await openSqliteStore(path);
  await assert.rejects(openSqliteStore(path, { readOnly: true }), {
    message: `Opening "${path}" failed: it is in use by another okq`,
  });
  await push(store, bytes("jobs"), "1");
  await store.close();
  const before = await Deno.readFile(path);
  const reader = await openSqliteStore(path, { readOnly: true });
  assert.equal((await reader.check()).events, 1);
  await reader.close();
  assert.deepEqual(await Deno.readFile(path), before);
});
