import { emptyReport } from "../../../../store/consistency.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../../deps.ts";
import { NO_ROWS, rowsIn, sql, testWithFile } from "../../../support/sqlite_file.ts";
import { bytes, drain, push } from "../../contract/suite.ts";

const JOBS = bytes("jobs");

testWithFile("SqliteStore remembers ids after a restart, and forgets those of before a flush", async (path) => {
  const before = await openSqliteStore(path);
  await before.setPolicy(JOBS, { rememberMs: 600_000 });
  await push(before, JOBS, "1");
  await drain(before, JOBS);
  await before.close();
  const after = await openSqliteStore(path);
  assert.equal(await after.push(JOBS, bytes("1"), bytes(""), "left"), false);
  await after.flush(JOBS);
  await push(after, JOBS, "1");
  await drain(after, JOBS);
  await after.close();
  const again = await openSqliteStore(path);
  assert.equal(await again.push(JOBS, bytes("1"), bytes(""), "left"), false);
  await again.close();
});

testWithFile("reclaim deletes forgotten ids in steps, also after a restart", async (path) => {
  const before = await openSqliteStore(path);
  const forget = [
    (queue: Uint8Array) => before.flush(queue),
    (queue: Uint8Array) => before.setPolicy(queue, { rememberMs: 0 }),
    (queue: Uint8Array) => before.setPolicy(queue, null),
  ];
  for (const [i, end] of forget.entries()) {
    const queue = bytes(`${i}`);
    await before.setPolicy(queue, { rememberMs: 600_000 });
    const ids = Array.from({ length: 3500 }, (_, i) => bytes(`${i}`));
    await Promise.all(ids.map((id) => before.push(queue, id, id, "left")));
    await Promise.all(ids.map((id) => before.ack(queue, id)));
    await end(queue);
  }
  await before.setPolicy(JOBS, { rememberMs: 1 });
  await push(before, JOBS, "1");
  await drain(before, JOBS);
  assert.deepEqual((await before.check()).orphans, emptyReport().orphans);
  await before.close();
  assert.equal(rowsIn(path).remembered, 10_501);

  const after = await openSqliteStore(path);
  for (let calls = 0; calls < 4; calls++) await after.reclaim(); // each deletes up to 8,000
  assert.deepEqual((await after.check()).orphans, emptyReport().orphans);
  for (const queue of [bytes("0"), JOBS]) await after.setPolicy(queue, null);
  await after.reclaim();
  await after.close();
  assert.deepEqual(rowsIn(path), NO_ROWS);
});

testWithFile("SQLite in a file: check finds remembered ids of no queue", async (path) => {
  const store = await openSqliteStore(path);
  await store.close();
  sql(path, "INSERT INTO remembered VALUES (-7, x'31', 5)");
  const reader = await openSqliteStore(path, { readOnly: true });
  assert.deepEqual((await reader.check()).orphans, { ...emptyReport().orphans, unknown: 1 });
  await reader.close();
});
