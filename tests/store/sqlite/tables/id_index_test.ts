import { HashTable, IdIndex } from "../../../../store/sqlite/tables/id_index.ts";
import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { assert, fc } from "../../../deps.ts";
import { bytes, lease } from "../../contract/suite.ts";
import { testWithFile } from "../../../support/sqlite_file.ts";

const JOBS = bytes("jobs");
const any = () => true;

Deno.test("IdIndex restores what a transaction removed and drops what it added, on rollback", () => {
  const db = openDatabase(MEMORY);
  const ids = new IdIndex(db);
  ids.onBegin();
  ids.add(1, bytes("kept"), 1);
  ids.add(1, bytes("moved"), 2);
  ids.onBegin();
  ids.remove(1, bytes("kept"), 1);
  ids.remove(1, bytes("moved"), 2);
  ids.add(1, bytes("moved"), 3);
  ids.add(1, bytes("new"), 4);
  ids.remove(1, bytes("new"), 4);
  ids.onRollback();
  assert.deepEqual(["kept", "moved", "new"].map((id) => ids.find(1, bytes(id), any)), [1, 2, 0]);
  db.close();
});

Deno.test("IdIndex.find tells queues apart, and tries every event under the hash", () => {
  const db = openDatabase(MEMORY);
  const ids = new IdIndex(db);
  ids.add(1, bytes("id"), 1);
  ids.add(2, bytes("id"), 2);
  ids.add(1, bytes("id"), 3);
  assert.equal(ids.find(2, bytes("id"), any), 2);
  assert.equal(ids.find(1, bytes("id"), (seq) => seq === 3), 3);
  assert.equal(ids.find(1, bytes("id"), (seq) => seq === 2), 0);
  db.close();
});

testWithFile("openSqliteStore reads the ids of more events than one read returns", async (path) => {
  const ids = [...Array(12_000)].map((_, i) => bytes(`${i}`));
  const before = await openSqliteStore(path);
  await Promise.all(ids.map((id) => before.push(JOBS, id, bytes(""), "left")));
  await lease(before, JOBS, 100);
  await Promise.all(ids.slice(500, 600).map((id) => before.ack(JOBS, id)));
  await before.close();

  const after = await openSqliteStore(path);
  const pushed = await Promise.all(ids.map((id) => after.push(JOBS, id, bytes(""), "left")));
  assert.deepEqual(pushed.flatMap((added, i) => added ? [i] : []), [...Array(100)].map((_, i) => 500 + i));
  const acked = await Promise.all(ids.map((id) => after.ack(JOBS, id)));
  assert.ok(acked.every((removed) => removed === 1));
  await after.close();
});

Deno.test("HashTable finds what was added and not removed, also when hashes collide and wrap around", () => {
  const hash = fc.integer({ min: -3, max: 12 });
  const step = fc.record({ add: fc.boolean(), hash, value: fc.integer({ min: 1, max: 60 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const table = new HashTable();
    const held = new Map<number, number>();
    for (const { add, hash, value } of steps) {
      if (!add) {
        table.remove(hash, value);
        if (held.get(value) === hash) held.delete(value);
      } else if (!held.has(value)) {
        table.add(hash, value);
        held.set(value, hash);
      }
    }
    for (let hash = -3; hash <= 12; hash++) {
      const under = [...held].filter(([, of]) => of === hash).map(([value]) => value);
      for (const value of under) assert.equal(table.find(hash, (found) => found === value), value);
      const seen: number[] = [];
      assert.equal(table.find(hash, (found) => (seen.push(found), false)), 0);
      assert.deepEqual(seen.sort((a, b) => a - b), under.sort((a, b) => a - b));
    }
  }));
});

Deno.test("HashTable finds all of 10,000 values, and none after they are removed", () => {
  const table = new HashTable();
  const hashes = [...crypto.getRandomValues(new Int32Array(10_000))];
  for (const [i, hash] of hashes.entries()) table.add(hash, i + 1);
  for (const [i, hash] of hashes.entries()) assert.equal(table.find(hash, (value) => value === i + 1), i + 1);
  for (const [i, hash] of hashes.entries()) table.remove(hash, i + 1);
  for (const hash of hashes) assert.equal(table.find(hash, any), 0);
});
