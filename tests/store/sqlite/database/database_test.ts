/** Whose file it is, and which files are refused. */
import { DatabaseSync } from "../../../../deps.ts";
import { APPLICATION_ID, LAYOUT_VERSION, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../../deps.ts";
import { bytes, drain, figures, push } from "../../contract/suite.ts";
import { program, rowsIn, sql, testWithFile } from "../../../support/sqlite_file.ts";
import layout1 from "./layout_1.sql" with { type: "text" };

async function outputOf(child: Deno.ChildProcess): Promise<string> {
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

testWithFile("openSqliteStore refuses a file that another process has open, until that closes it", async (path) => {
  const store = await openSqliteStore(path);
  assert.equal(await outputOf(program("open", path)), `Opening "${path}" failed: it is in use by another okq`);
  await push(store, bytes("jobs"), "1");
  await store.close();
  assert.equal(await outputOf(program("open", path)), "opened");
});

testWithFile("openSqliteStore refuses a file that this process has open, at once, and harms nothing", async (path) => {
  const store = await openSqliteStore(path);
  await push(store, bytes("jobs"), "1");
  const start = performance.now();
  for (const name of [path, path.replace("/okq.db", "/./okq.db")]) {
    await assert.rejects(openSqliteStore(name), { message: `Opening "${name}" failed: it is in use by another okq` });
  }
  assert.ok(performance.now() - start < 1000);
  await push(store, bytes("jobs"), "2");
  assert.equal(await outputOf(program("open", path)), `Opening "${path}" failed: it is in use by another okq`);
  await store.close();
  const again = await openSqliteStore(path);
  assert.equal(await figures(again, bytes("jobs")), "2/0/0");
  await again.close();
});

for (const mode of ["DELETE", "WAL"]) {
  testWithFile(`openSqliteStore leaves a foreign database with journal mode ${mode} as it is`, async (path) => {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)`);
    db.close();
    const before = (await Deno.readFile(path)).toString();
    await assert.rejects(openSqliteStore(path), {
      message: `Opening "${path}" failed: it is a database of something other than okq`,
    });
    assert.equal((await Deno.readFile(path)).toString(), before);
  });
}

testWithFile("openSqliteStore leaves a file that is no database as it is", async (path) => {
  const text = "This is a text of mine.\n".repeat(1000);
  await Deno.writeTextFile(path, text);
  await assert.rejects(openSqliteStore(path), { message: `Opening "${path}" failed: file is not a database` });
  assert.equal(await Deno.readTextFile(path), text);
});

testWithFile("openSqliteStore refuses a layout that it does not know, and leaves it as it is", async (path) => {
  const store = await openSqliteStore(path);
  await push(store, bytes("jobs"), "1");
  await store.close();
  assert.deepEqual(sql(path, "PRAGMA application_id").map(Object.values), [[APPLICATION_ID]]);
  assert.deepEqual(sql(path, "PRAGMA user_version").map(Object.values), [[LAYOUT_VERSION]]);
  sql(path, "PRAGMA user_version = 77");
  const before = (await Deno.readFile(path)).toString();
  await assert.rejects(openSqliteStore(path), {
    message: `Opening "${path}" failed: its layout is version 77, and this okq knows versions up to ${LAYOUT_VERSION}`,
  });
  assert.equal((await Deno.readFile(path)).toString(), before);
});

testWithFile("openSqliteStore brings a file of layout version 1 up to date, and finds all in it", async (path) => {
  const old = new DatabaseSync(path);
  old.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; ${layout1}`);
  const due = Date.now() + 3_600_000;
  old.exec(`
    INSERT INTO queues VALUES (3, CAST('jobs' AS BLOB), 2, 2, 98, 101);
    INSERT INTO events VALUES
      (5, 3, 0, 98, ${due}, 0, CAST('left' AS BLOB), CAST('a' AS BLOB)),
      (6, 3, 0, 99, ${due}, 0, CAST('right' AS BLOB), NULL),
      (7, 3, 1, 100, ${due}, 0, CAST('leased' AS BLOB), CAST('c' AS BLOB)),
      (8, 3, 1, 101, 1, 0, CAST('due' AS BLOB), CAST('d' AS BLOB));
    INSERT INTO big_contents VALUES (6, CAST('big' AS BLOB));
  `);
  old.close();
  for (let opened = 0; opened < 2; opened++) {
    const store = await openSqliteStore(path);
    assert.equal(await figures(store, bytes("jobs")), "4/2/0");
    for (const id of ["left", "right", "leased", "due"]) {
      assert.equal(await store.push(bytes("jobs"), bytes(id), bytes(""), "left"), false);
    }
    await store.close();
  }
  const store = await openSqliteStore(path);
  assert.equal(await store.reclaim(), 1);
  assert.equal(await store.redo(bytes("jobs"), bytes("leased")), 1);
  assert.deepEqual(await drain(store, bytes("jobs")), ["leased", "due", "right", "left"]);
  await store.close();

  const fresh = `${path}-fresh`;
  openDatabase(fresh).close();
  for (
    const what of [
      "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY type, name",
      "PRAGMA user_version",
      ...["places", "timed", "expiring"].map((index) => `PRAGMA index_xinfo(${index})`),
      ...["queues", "events", "big_contents", "flushed", "policies"].map((table) => `PRAGMA table_xinfo(${table})`),
    ]
  ) assert.deepEqual(sql(path, what), sql(fresh, what));
  assert.deepEqual(rowsIn(path), rowsIn(fresh));
});

testWithFile("openSqliteStore only to look at refuses an earlier layout, and leaves it as it is", async (path) => {
  const old = new DatabaseSync(path);
  old.exec(layout1);
  old.close();
  const before = (await Deno.readFile(path)).toString();
  await assert.rejects(openSqliteStore(path, { readOnly: true }), {
    message: `Opening "${path}" failed: its layout is version 1; serve it once, which brings it to ${LAYOUT_VERSION}`,
  });
  assert.equal((await Deno.readFile(path)).toString(), before);
});

testWithFile("openSqliteStore says which file it cannot open", async (path) => {
  const inside = `${path}/missing/okq.db`;
  await assert.rejects(openSqliteStore(inside), (error: Error) => {
    assert.match(error.message, /^Opening ".*missing\/okq\.db" failed: unable to open database file/);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
});

testWithFile("openSqliteStore takes an empty file for a new one", async (path) => {
  await Deno.writeFile(path, new Uint8Array());
  const store = await openSqliteStore(path);
  await push(store, bytes("jobs"), "1");
  await store.close();
});

testWithFile("openDatabase sets what durability, ownership and the size of the file depend on", (path) => {
  const db = openDatabase(path);
  const setting = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0];
  // deno-fmt-ignore
  assert.deepEqual(["journal_mode", "synchronous", "locking_mode", "auto_vacuum"].map(setting), ["wal", 2, "exclusive", 2]);
  db.close();
  return Promise.resolve();
});
