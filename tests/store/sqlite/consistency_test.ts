/** `store check` on a file: orphans of each kind, and whose file it is. */
import { emptyReport, type Inconsistency } from "../../../store/consistency.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { type Garden, orphanTests } from "../contract/check.ts";
import { bytes, push } from "../contract/suite.ts";
import { sql, testWithFile } from "../../support/sqlite_file.ts";

const EVENT = "(queue, state, place, due, arrived, id, contents)";

function plantings(path: string): Garden["plant"] {
  const act = (text: string) => {
    sql(path, text);
    return Promise.resolve();
  };
  return {
    missingContents: () => act("DELETE FROM big_contents"),
    unreachable: () => act("INSERT INTO big_contents VALUES (999, x'00')"),
    duplicated: undefined, // the table keeps ids apart
    emptyQueues: () => act("INSERT INTO queues VALUES (99, x'99', 0, 0, 0, 0, 0)"),
    missingQueues: () => act(`INSERT INTO events ${EVENT} VALUES (99, 0, 0, 0, 0, x'09', x'')`),
    strayTimers: undefined, // an index is the timer
    missingTimers: undefined,
    wrongCounts: () => act("UPDATE queues SET leased = leased + 1"),
    unknown: () => act("CREATE TABLE what (is_this)"),
  };
}

const KINDS = Object.entries(plantings("")).filter(([, plant]) => plant).map(([kind]) => kind as Inconsistency);

orphanTests(KINDS, (name, body) =>
  testWithFile(`SQLite in a file: ${name}`, async (path) => {
    await body({ open: () => openSqliteStore(path, { readOnly: exists(path) }), plant: plantings(path) });
  }));

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

testWithFile(
  "SQLite in a file: check finds events in the wrong state, and places beyond a queue's ends",
  async (path) => {
    const store = await openSqliteStore(path);
    await push(store, bytes("one"), "1");
    await push(store, bytes("two"), "1", "2");
    await store.close();
    sql(path, "UPDATE events SET state = 4 WHERE queue = 1");
    sql(path, "UPDATE events SET place = place + 5 WHERE queue = 2 AND id = x'31'");
    const look = await openSqliteStore(path, { readOnly: true });
    assert.deepEqual((await look.check()).orphans, { ...emptyReport().orphans, unreachable: 1, wrongCounts: 2 });
    await look.close();
  },
);

testWithFile(
  "SQLite in a file: check knows policies, and finds those that say nothing or make no sense",
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
      const look = await openSqliteStore(path, { readOnly: true });
      const expected = { ...emptyReport(), queues: 2, events: 1, orphans: { ...emptyReport().orphans, ...orphans } };
      assert.deepEqual(await look.check(), expected);
      await look.close();
    }
  },
);

testWithFile("SQLite in a file: flushed events that are still to be cleared away are no orphans", async (path) => {
  const store = await openSqliteStore(path);
  const ids = Array.from({ length: 5000 }, (_, i) => bytes(`${i}`));
  await Promise.all(ids.map((id) => store.push(bytes("jobs"), id, id, "left")));
  await store.flush(bytes("jobs"));
  assert.deepEqual(await store.check(), { ...emptyReport(), flushed: 5000 });
  for (let i = 0; i < 5; i++) await store.reclaim();
  assert.deepEqual(await store.check(), emptyReport());
  await store.close();
});

testWithFile("SQLite in a file: opened to look at, it makes no file and changes none", async (path) => {
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
  const look = await openSqliteStore(path, { readOnly: true });
  assert.equal((await look.check()).events, 1);
  await look.close();
  assert.deepEqual(await Deno.readFile(path), before);
});
