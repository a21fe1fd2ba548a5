import { DatabaseSync } from "../../../../deps.ts";
import { openDatabase } from "../../../../store/sqlite/database/database.ts";
import { APPLICATION_ID, LAYOUT_VERSION } from "../../../../store/sqlite/database/layout.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../../deps.ts";
import { bytes, countsOf, push } from "../../contract/suite.ts";
import { program, sql, testWithFile } from "../../../support/sqlite_file.ts";

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

testWithFile(
  "openSqliteStore refuses a file that this process has open, and does not disturb it",
  async (path) => {
    const store = await openSqliteStore(path);
    await push(store, bytes("jobs"), "1");
    for (const name of [path, path.replace("/okq.db", "/./okq.db")]) {
      await assert.rejects(openSqliteStore(name), { message: `Opening "${name}" failed: it is in use by another okq` });
    }
    await push(store, bytes("jobs"), "2");
    assert.equal(await outputOf(program("open", path)), `Opening "${path}" failed: it is in use by another okq`);
    await store.close();
    const again = await openSqliteStore(path);
    assert.equal(await countsOf(again, bytes("jobs")), "2/0/0");
    await again.close();
  },
);

for (const mode of ["DELETE", "WAL"]) {
  testWithFile(
    `openSqliteStore refuses a foreign database with journal mode ${mode}, and does not change it`,
    async (path) => {
      const db = new DatabaseSync(path);
      db.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)`);
      db.close();
      const before = (await Deno.readFile(path)).toString();
      await assert.rejects(openSqliteStore(path), {
        message: `Opening "${path}" failed: it is a database of something other than okq`,
      });
      assert.equal((await Deno.readFile(path)).toString(), before);
    },
  );
}

testWithFile("openSqliteStore refuses a file that is no database, and does not change it", async (path) => {
  const text = "This is a text of mine.\n".repeat(1000);
  await Deno.writeTextFile(path, text);
  await assert.rejects(openSqliteStore(path), { message: `Opening "${path}" failed: file is not a database` });
  assert.equal(await Deno.readTextFile(path), text);
});

testWithFile("openSqliteStore refuses every other layout, and does not change the file", async (path) => {
  const store = await openSqliteStore(path);
  await push(store, bytes("jobs"), "1");
  await store.close();
  assert.deepEqual(sql(path, "PRAGMA application_id").map(Object.values), [[APPLICATION_ID]]);
  assert.deepEqual(sql(path, "PRAGMA user_version").map(Object.values), [[LAYOUT_VERSION]]);
  for (const version of [0, LAYOUT_VERSION - 1, LAYOUT_VERSION + 1, 77]) {
    sql(path, `PRAGMA user_version = ${version}`);
    const before = (await Deno.readFile(path)).toString();
    for (const readOnly of [false, true]) {
      await assert.rejects(openSqliteStore(path, { readOnly }), {
        message:
          `Opening "${path}" failed: its layout is version ${version} and this okq uses version ${LAYOUT_VERSION}; ` +
          "open it with the okq that wrote it",
      });
      assert.equal((await Deno.readFile(path)).toString(), before);
    }
  }
});

testWithFile("openSqliteStore names the file that it cannot open", async (path) => {
  const inside = `${path}/missing/okq.db`;
  await assert.rejects(openSqliteStore(inside), (error: Error) => {
    assert.match(error.message, /^Opening ".*missing\/okq\.db" failed: its folder does not exist/);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
});

testWithFile("openSqliteStore treats an empty file as a new one", async (path) => {
  await Deno.writeFile(path, new Uint8Array());
  const store = await openSqliteStore(path);
  await push(store, bytes("jobs"), "1");
  await store.close();
});

testWithFile("openDatabase sets the pragmas for durability, ownership and file size", (path) => {
  const db = openDatabase(path);
  const setting = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0];
  const settings = ["journal_mode", "synchronous", "locking_mode", "auto_vacuum", "busy_timeout"];
  assert.deepEqual(settings.map(setting), ["wal", 2, "exclusive", 2, 0]);
  db.close();
  return Promise.resolve();
});

testWithFile("openDatabase says what is wrong with a path", async (path) => {
  const folder = path.replace(/\/okq\.db$/, "");
  assert.throws(() => openDatabase(folder), {
    message: `Opening "${folder}" failed: it is a folder; name a file in it`,
  });
  const nowhere = `${folder}/missing/okq.db`;
  assert.throws(() => openDatabase(nowhere), {
    message: `Opening "${nowhere}" failed: its folder does not exist, or no file can be created in it`,
  });
  await Deno.writeTextFile(path, "");
  const immutable = async (flag: string) => (await new Deno.Command("chattr", { args: [flag, path] }).output()).success;
  if (!await immutable("+i").catch(() => false)) return; // another system, user or file system
  try {
    assert.throws(() => openDatabase(path), /failed: it cannot be written: Operation not permitted/);
  } finally {
    await immutable("-i");
  }
});
