import { keyOf } from "../../../../store/bytes.ts";
import { emptyReport } from "../../../../store/consistency.ts";
import { Reserve, RESERVE_BYTES, reservePath } from "../../../../store/sqlite/database/reserve.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { type Store, StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { eventually } from "../../../support/eventually.ts";
import { testWithFile } from "../../../support/sqlite_file.ts";
import { bytes, claimOne, countsOf, reclaimUntilReady } from "../../contract/suite.ts";

const [JOBS, OTHER] = ["jobs", "other"].map(bytes);
const DISK_MIB = 48;

const EVENT_BYTES = 64 * 1024;

testWithFile("Reserve holds 8 MiB until it is released, and its file until it is closed", async (path) => {
  const size = async () => (await Deno.stat(reservePath(path))).size;
  const reserve = new Reserve(path);
  for (let i = 0; i < 2; i++) {
    assert.equal(reserve.take(100_000), true);
    assert.equal(await size(), RESERVE_BYTES);
    reserve.release();
    assert.equal(await size(), 0);
  }
  assert.throws(() => new Reserve(path), Deno.errors.Busy);
  reserve.close();
  await assert.rejects(size, Deno.errors.NotFound);
  const next = new Reserve(path);
  next.close(true);
  assert.equal(await size(), 0);
});

testWithFile("SqliteStore keeps a reserve while it is open, also after a crash", async (path) => {
  await Deno.writeTextFile(reservePath(path), "left by a crash");
  const store = await openSqliteStore(path);
  assert.equal((await Deno.stat(reservePath(path))).size, RESERVE_BYTES);
  await store.close();
  await assert.rejects(Deno.stat(reservePath(path)), Deno.errors.NotFound);
});

/** A folder on a disk of its own; undefined if this process may not mount one. */
async function mountDisk(): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "okq_disk_" });
  const args = ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", folder];
  const { success } = await new Deno.Command("mount", { args, stderr: "null" }).output().catch(() => ({
    success: false,
  }));
  if (success) return folder;
  await Deno.remove(folder);
}

async function unmount(folder: string): Promise<void> {
  await new Deno.Command("umount", { args: ["-l", folder] }).output();
  await Deno.remove(folder);
}

/** Pushes until the disk is full. Returns the number of events. */
async function fillDisk(store: Store): Promise<number> {
  for (let i = 0;; i++) {
    try {
      await store.push(JOBS, bytes(`${i}`), new Uint8Array(EVENT_BYTES).fill(i), "left");
    } catch (error) {
      assert.ok(error instanceof StoreUnavailable && !error.outcomeUnknown, `${error}`);
      return i;
    }
  }
}

const probe = await mountDisk();
if (probe !== undefined) await unmount(probe);

Deno.test({
  name: "SqliteStore on a full disk refuses pushes only, until it has room again",
  ignore: probe === undefined,
  async fn() {
    const folder = (await mountDisk())!;
    const reports: string[] = [];
    const store = await openSqliteStore(`${folder}/okq.db`, { report: (level) => reports.push(level) });
    try {
      for (let i = 0; i < 100; i++) await store.push(OTHER, bytes(`${i}`), bytes(""), "left");
      await store.push(OTHER, bytes("left"), bytes(""), "right");
      const events = await fillDisk(store);
      assert.ok(events > 100, `${events} events filled the disk`);
      await assert.rejects(store.push(OTHER, bytes("new"), new Uint8Array(EVENT_BYTES), "left"), StoreUnavailable);
      assert.deepEqual(reports, ["warn"]);

      await store.claim(OTHER, 1, 1);
      await reclaimUntilReady(store, OTHER, 101);
      for (let i = 0; i < 20; i++) {
        const { id, receipt } = await claimOne(store, JOBS);
        assert.equal(await store.touch(JOBS, id, 60_000, receipt), 1);
        assert.equal(await store.redo(JOBS, id), 1);
        assert.equal(await store.nack(JOBS, (await claimOne(store, JOBS)).id, undefined, { reason: id }), 1);
        assert.equal(await store.bury(JOBS, id), "buried");
      }
      await store.pause(JOBS, 0);
      await store.resume(JOBS);
      await store.flush(OTHER);

      const [popped, dead] = [new Set<string>(), bytes("jobs:dead")];
      for (const queue of [JOBS, dead]) {
        for (let event; (event = await store.pop(queue, 60_000)) !== null;) {
          assert.ok(event.contents.length === EVENT_BYTES && event.contents[0] === Number(keyOf(event.id)) % 256);
          assert.equal(await store.ack(queue, event.id), 1);
          popped.add(keyOf(event.id));
        }
      }
      assert.equal(popped.size, events);

      await eventually(async () => {
        await store.reclaim();
        await store.push(JOBS, bytes("again"), new Uint8Array(EVENT_BYTES), "left");
      });
      assert.deepEqual(reports, ["warn", "info"]);
      assert.equal(await countsOf(store, JOBS), "1/0/0");
      assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    } finally {
      await store.close();
      await unmount(folder);
    }
  },
});
