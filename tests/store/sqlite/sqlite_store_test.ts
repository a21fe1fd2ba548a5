import { keyOf } from "../../../store/bytes.ts";
import { emptyReport } from "../../../store/consistency.ts";
import { DEFAULT_POLICY } from "../../../store/policy.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { storeContract, storeOperations } from "../contract/contract.ts";
import { bytes, countsOf, drain, fail, getEvent, lease, push, shown, sleep } from "../contract/suite.ts";
import { NO_ROWS, program, rowsIn, testWithFile } from "../../support/sqlite_file.ts";

storeOperations("SQLite in memory", (options) => openSqliteStore(":memory:", options));

storeContract("SQLite in a file", async (options) => {
  const folder = await Deno.makeTempDir();
  const store = await openSqliteStore(`${folder}/okq.db`, options);
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // the test had closed it before
  };
  return store;
});

const JOBS = bytes("jobs");

testWithFile("SqliteStore keeps every event that was stored before SIGKILL", async (path) => {
  for (let round = 1; round <= 2; round++) {
    await using child = program("push", path);
    let output = "";
    let killed = false;
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += chunk;
      if (killed || output.length <= 2000 * round) continue;
      child.kill("SIGKILL");
      killed = true;
    }
    const printed = output.split("\n").slice(0, -1);
    assert.ok(printed.length > 100, output);

    const store = await openSqliteStore(path);
    const found = new Set<string>();
    for (let event = await store.pop(JOBS, 0); event; event = await store.pop(JOBS, 0)) {
      const id = keyOf(event.id);
      assert.equal(keyOf(event.contents), id.repeat(100));
      found.add(id);
    }
    assert.deepEqual(printed.filter((id) => !found.has(id)), []);
    assert.equal(await countsOf(store, JOBS), "0/0/0");
    await store.close();
  }
});

testWithFile("SqliteStore keeps events, their order, leases and counts", async (path) => {
  const before = await openSqliteStore(path);
  await push(before, JOBS, "1", "2", "3", "4", "5");
  await before.push(JOBS, bytes("big"), bytes("x".repeat(100_000)), "right");
  await lease(before, JOBS, 1);
  await lease(before, JOBS, 2, 600_000);
  await before.register(JOBS, 1);
  await before.close();

  const after = await openSqliteStore(path);
  assert.equal(await countsOf(after, JOBS), "6/3/0");
  assert.deepEqual((await after.active()).map(keyOf), ["jobs"]);
  assert.equal(await after.push(JOBS, bytes("1"), bytes(""), "left"), false);
  assert.equal(await after.push(JOBS, bytes("6"), bytes(""), "left"), true);
  assert.equal(await after.push(JOBS, bytes("0"), bytes(""), "right"), true);
  assert.equal((await after.reclaim()).ready, 0);
  for (const id of ["1", "2"]) {
    const { dueMs } = await getEvent(after, JOBS, id);
    assert.ok(dueMs > 60_000 && dueMs <= 600_000, `${dueMs} ms are left of the lease`);
    await after.touch(JOBS, bytes(id), 1);
  }
  await sleep(5);
  assert.equal((await after.reclaim()).ready, 2);
  assert.equal(await countsOf(after, JOBS), "8/1/0");
  assert.equal(await after.redo(JOBS, bytes("big")), 1);
  assert.equal(shown(await after.pop(JOBS, 0)), `big=${"x".repeat(100_000)}`);
  assert.deepEqual(await drain(after, JOBS), ["1", "2", "0", "3", "4", "5", "6"]);
  await after.close();
});

testWithFile("SqliteStore leaves no rows when all events are acknowledged, popped or flushed", async (path) => {
  const store = await openSqliteStore(path);
  for (const queue of [JOBS, bytes("other"), bytes("third")]) {
    await push(store, queue, "1", "2", "3", "4");
    await store.push(queue, bytes("big"), new Uint8Array(10_000), "right");
  }
  await lease(store, JOBS, 3);
  for (const id of ["big", "1", "2", "3", "4"]) assert.equal(await store.ack(JOBS, bytes(id)), 1);
  await drain(store, bytes("other"));
  await lease(store, bytes("third"), 3);
  await store.flush(bytes("third"));
  await store.setPolicy(JOBS, { maxAttempts: 3 });
  await store.pause(JOBS, 0);
  await store.setPolicy(JOBS, null);
  await store.resume(JOBS);
  assert.deepEqual(await store.active(), []);
  await store.close();
  assert.deepEqual(rowsIn(path), NO_ROWS);
});

testWithFile("SqliteStore keeps policies and pauses, except pauses that have ended", async (path) => {
  const policy = { ...DEFAULT_POLICY, maxAttempts: 2, deadQueue: bytes("dead"), backoffMs: 0.5, leaseMs: 1000 };
  const before = await openSqliteStore(path);
  await before.setPolicy(JOBS, policy);
  await before.pause(JOBS, 0);
  await before.pause(bytes("short"), 1);
  await before.pause(bytes("long"), 60_000);
  for (const name of ["jobs", "short", "long"]) await push(before, bytes(name), "1");
  await before.close();
  await sleep(5);
  const after = await openSqliteStore(path);
  const kept = await after.policy(JOBS);
  assert.deepEqual({ ...kept, deadQueue: [...kept.deadQueue!] }, { ...policy, deadQueue: [...policy.deadQueue] });
  assert.deepEqual(await Promise.all(["jobs", "short", "long"].map((name) => after.ready(bytes(name)))), [0, 1, 0]);
  assert.equal((await after.status(JOBS)).pushed, 0);
  await after.resume(JOBS);
  assert.equal(await after.ready(JOBS), 1);
  await after.close();
});

testWithFile("SqliteStore keeps dead letters with their attempts and reasons, and moved events", async (path) => {
  const before = await openSqliteStore(path);
  await before.setPolicy(JOBS, { maxAttempts: 1 });
  await before.push(JOBS, bytes("1"), new Uint8Array(1000).fill(1), "left");
  await push(before, JOBS, "2");
  await fail(before, JOBS, "1", { reason: bytes("why") });
  await before.move(JOBS, bytes("other"), 1, 0);
  await before.close();
  const after = await openSqliteStore(path);
  const { reason, attempts, contents } = await getEvent(after, bytes("jobs:dead"), "1");
  assert.deepEqual([reason.length, attempts, contents], [3, 1, new Uint8Array(1000).fill(1)]);
  assert.deepEqual(await drain(after, bytes("other")), ["2"]);
  assert.deepEqual((await after.check()).orphans, emptyReport().orphans);
  await after.close();
});

testWithFile("reclaim deletes the events of a large queue that was flushed, also after a restart", async (path) => {
  const ids = [...Array(9_000)].map((_, i) => bytes(`${i}`));
  const before = await openSqliteStore(path);
  await Promise.all(ids.map((id) => before.push(JOBS, id, new Uint8Array(300), "left")));
  await Promise.all(ids.slice(0, 3000).map(() => before.pop(JOBS, 1)));
  await before.flush(JOBS);
  await before.close();
  assert.deepEqual(rowsIn(path), { ...NO_ROWS, events: 9_000, big_contents: 9_000, flushed: 1 });

  const after = await openSqliteStore(path);
  await push(after, JOBS, "1");
  assert.equal((await after.reclaim()).ready, 0);
  await after.reclaim();
  assert.deepEqual(await drain(after, JOBS), ["1"]);
  await after.close();
  assert.deepEqual(rowsIn(path), NO_ROWS);
});

Deno.test("SqliteStore delivers up to 1 MiB to a claim, or one event", async () => {
  const store = await openSqliteStore(":memory:");
  const sizes = [400, 400, 400, 400, 3000, 1, 1];
  for (const [i, size] of sizes.entries()) {
    await store.push(JOBS, bytes(`${i}`), new Uint8Array(size * 1024), "left");
  }
  for (const ids of ["0,1", "2,3", "4", "5,6", ""]) {
    const claimed = await store.claim(JOBS, 1000, 60_000);
    assert.equal(claimed.map(({ id }) => keyOf(id)).join(), ids);
  }
  await store.close();
});

testWithFile("SqliteStore deletes large events that were flushed in steps of 2 MiB", async (path) => {
  const store = await openSqliteStore(path);
  const ids = [...Array(50)].map((_, i) => bytes(`${i}`));
  for (const id of ids) await store.push(JOBS, id, new Uint8Array(1024 * 1024), "left");
  await store.flush(JOBS);
  assert.equal(await countsOf(store, JOBS), "0/0/0");
  assert.ok((await store.check()).flushed >= 46);
  await push(store, JOBS, "0");
  for (let calls = 0; (await store.check()).flushed > 0; calls++) {
    await store.reclaim();
    assert.ok(calls < 20, "each call deletes some");
  }
  assert.deepEqual(await drain(store, JOBS), ["0"]);
  await store.close();
  assert.deepEqual(rowsIn(path), NO_ROWS);
});

testWithFile("SqliteStore copies large contents from the write-ahead log 1 MiB at a time", async (path) => {
  const store = await openSqliteStore(path);
  for (let i = 0; i < 20; i++) {
    await store.push(JOBS, bytes(`${i}`), new Uint8Array(1024 * 1024), "left");
    const { size } = await Deno.stat(`${path}-wal`);
    assert.ok(size < 3 * 1024 * 1024, `${size} bytes after ${i} events`);
  }
  await store.close();
});

testWithFile("reclaim returns the pages of a burst to the file system", async (path) => {
  const store = await openSqliteStore(path);
  const ids = [...Array(500)].map((_, i) => bytes(`${i}`));
  await Promise.all(ids.map((id) => store.push(JOBS, id, new Uint8Array(100_000), "left")));
  await Promise.all(ids.map((id) => store.ack(JOBS, id)));
  for (let i = 0; i < 20; i++) await store.reclaim();
  await store.close();
  const mib = (await Deno.stat(path)).size / 1024 / 1024;
  assert.ok(mib < 20, `the file takes ${mib} MiB`);
});

testWithFile("close leaves one file, and later calls are refused", async (path) => {
  const store = await openSqliteStore(path);
  await push(store, JOBS, "1");
  await Promise.all([store.close(), store.close()]);
  const folder = await Array.fromAsync(Deno.readDir(path.replace(/\/[^/]*$/, "")));
  assert.deepEqual(folder.map(({ name }) => name), ["okq.db"]);
  await assert.rejects(store.pop(JOBS, 0), { name: "StoreUnavailable", reason: "the store is closed" });
});

Deno.test("active reads at most 1,000 names in one transaction, each once", async () => {
  let transactions = 0;
  const store = await openSqliteStore(":memory:", { observe: () => transactions++ });
  const names = Array.from({ length: 2500 }, (_, i) => `q${i}`);
  await Promise.all(names.map((name) => push(store, bytes(name), "1")));
  await store.setPolicy(bytes("q7"), { leaseMs: 5 });
  await store.register(bytes("idle"), 1);
  transactions = 0;
  const active = (await store.active()).map(keyOf);
  assert.deepEqual(active.toSorted(), [...names, "idle"].toSorted());
  assert.equal(transactions, 5);
  await store.close();
});
