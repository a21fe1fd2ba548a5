import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import type { Store } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { eventually } from "../../../support/eventually.ts";
import { program, testWithFile } from "../../../support/sqlite_file.ts";
import { bytes, push, shown } from "../../contract/suite.ts";

const JOBS = bytes("jobs");

/** Ways to take the file away from under a store. */
const LOSSES: Record<string, (path: string) => Promise<void>> = {
  removed: (path) => Deno.remove(path),
  renamed: (path) => Deno.rename(path, `${path}-old`),
  async replaced(path) {
    await Deno.copyFile(path, `${path}-copy`);
    await Deno.rename(`${path}-copy`, path);
  },
};

async function open(path: string) {
  const reports: string[] = [];
  const store = await openSqliteStore(path, { report: (level, message) => reports.push(`${level} ${message}`) });
  await push(store, JOBS, "1");
  return { store, reports };
}

async function refuses(store: Store, path: string): Promise<void> {
  const refusal = {
    name: "StoreUnavailable",
    outcomeUnknown: false,
    reason: `the file "${path}" was removed or replaced`,
  };
  await assert.rejects(store.push(JOBS, bytes("1"), bytes(""), "left"), refusal);
  await assert.rejects(store.pop(JOBS), refusal);
  await assert.rejects(store.reclaim(), refusal);
}

for (const [how, lose] of Object.entries(LOSSES)) {
  testWithFile(`SqliteStore refuses everything once its file is ${how}, and reports it once`, async (path) => {
    const { store, reports } = await open(path);
    await lose(path);
    await eventually(() => refuses(store, path));
    await refuses(store, path);
    assert.equal(reports.length, 1);
    assert.match(reports[0], /^warn The file ".*okq\.db" was removed or replaced, /);
    await store.close();
  });

  testWithFile(`openSqliteStore refuses a path whose file is ${how} while another okq uses it`, async (path) => {
    const { store } = await open(path);
    await lose(path);
    const exists = await Deno.stat(path).then(() => true, () => false);
    const { stdout } = await program("open", path).output();
    assert.match(new TextDecoder().decode(stdout), /it is in use by another okq/);
    await assert.rejects(openSqliteStore(path), { message: `Opening "${path}" failed: it is in use by another okq` });
    assert.equal(await Deno.stat(path).then(() => true, () => false), exists);
    await store.close();
  });
}

testWithFile("SqliteStore works again when its file is back, and has lost nothing", async (path) => {
  const { store, reports } = await open(path);
  await Deno.rename(path, `${path}-old`);
  await eventually(() => refuses(store, path));
  await Deno.rename(`${path}-old`, path);
  assert.equal(shown(await eventually(() => store.pop(JOBS, 0))), "1=c-1");
  assert.deepEqual(reports.map((report) => report.split(" ", 1)[0]), ["warn", "info"]);
  await push(store, JOBS, "2");
  await store.close();
  const again = await openSqliteStore(path);
  assert.equal(shown(await again.pop(JOBS, 0)), "2=c-2");
  await again.close();
});
