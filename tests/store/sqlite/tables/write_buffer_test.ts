import type { DatabaseSync } from "../../../../deps.ts";
import { keyOf } from "../../../../store/bytes.ts";
import { emptyReport } from "../../../../store/consistency.ts";
import { QueueCounters } from "../../../../store/counters.ts";
import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { GroupCommit } from "../../../../store/sqlite/database/group_commit.ts";
import { EventOperations } from "../../../../store/sqlite/operations/events.ts";
import { openSqliteStore } from "../../../../store/sqlite/sqlite_store.ts";
import { Tables } from "../../../../store/sqlite/tables/tables.ts";
import { assert } from "../../../deps.ts";
import { bytes, consume, pushGroup } from "../../contract/suite.ts";

const JOBS = bytes("jobs");

type Call = (...values: unknown[]) => unknown;

/** Lists each call of a statement on events by its first word. */
function counted(db: DatabaseSync, calls: string[]): DatabaseSync {
  const prepare = (text: string) => {
    const statement = db.prepare(text) as unknown as Record<string, Call>;
    const [, word] = text.match(/^(INSERT|SELECT|UPDATE|DELETE)\b[^;]*\bevents\b/m) ?? [];
    const counting = (method: string): Call => (...values) => {
      if (word !== undefined) calls.push(word);
      return statement[method](...values);
    };
    return {
      setReturnArrays: (on: boolean) => statement.setReturnArrays(on),
      get: counting("get"),
      all: counting("all"),
      run: counting("run"),
    };
  };
  return { prepare } as unknown as DatabaseSync;
}

function storeInParts() {
  const calls: string[] = [];
  const db = openDatabase(MEMORY);
  const tables = new Tables(counted(db, calls), new QueueCounters(), () => {});
  const events = new EventOperations(tables);
  const commit = new GroupCommit(db, tables, () => {});
  /** Applies an operation to each number below `count` in one transaction. Returns the statements that it called. */
  const callsOf = async (count: number, apply: (i: number) => unknown, result: (i: number) => unknown) => {
    calls.length = 0;
    const results = await commit.run(() => Array.from({ length: count }, (_, i) => apply(i)), JOBS);
    assert.deepEqual(results, [...Array(count)].map((_, i) => result(i)));
    return calls.join(" ");
  };
  const push = (i: number) => events.push(JOBS, bytes(`${i}`), bytes("x"), "left");
  const pushToGroup = (i: number) => {
    return events.push(JOBS, bytes(`${i}`), bytes("x"), "left", { group: bytes(`${i % 40}`) });
  };
  const ack = (i: number) => events.ack(JOBS, bytes(`${i}`));
  const pop = () => new TextDecoder().decode((events.pop(JOBS) as { id: Uint8Array } | null)?.id);
  return { db, callsOf, push, pushToGroup, pop, ack };
}

Deno.test("WriteBuffer inserts 38 events of a transaction with five statements", async () => {
  const { db, callsOf, push } = storeInParts();
  // 16, 16, 4, 1 and 1.
  assert.equal(await callsOf(38, push, () => true), "INSERT INSERT INSERT INSERT INSERT");
  db.close();
});

Deno.test("WriteBuffer reads as many events at once as were popped before, and leases them with one statement", async () => {
  const { db, callsOf, push, pop } = storeInParts();
  await callsOf(200, push, () => true);
  // Reads 1, 1, 2, 4, 8 and 16 events.
  assert.equal(await callsOf(20, pop, (i) => `${i}`), "SELECT SELECT SELECT SELECT SELECT SELECT UPDATE");
  assert.equal(await callsOf(20, pop, (i) => `${20 + i}`), "SELECT UPDATE");
  assert.equal(await callsOf(40, pop, (i) => `${40 + i}`), "SELECT SELECT UPDATE");
  db.close();
});

Deno.test("WriteBuffer deletes 16 acknowledged events with one statement", async () => {
  const { db, callsOf, push, ack } = storeInParts();
  await callsOf(40, push, () => true);
  const calls = await callsOf(40, ack, () => 1);
  assert.equal(calls.replaceAll("SELECT", "").split(" ").filter((word) => word).join(" "), "DELETE DELETE DELETE");
  assert.equal(await callsOf(40, ack, () => 0), "");
  db.close();
});

Deno.test("WriteBuffer inserts 80 events of 40 groups, and makes those ready that were blocked, 16 at once", async () => {
  const { db, callsOf, pushToGroup, ack } = storeInParts();
  assert.equal(await callsOf(80, pushToGroup, () => true), Array(5).fill("INSERT").join(" "));
  const calls = (await callsOf(40, ack, () => 1)).split(" ").filter((word) => word !== "SELECT");
  assert.deepEqual(calls.sort(), [...Array(3).fill("DELETE"), ...Array(3).fill("UPDATE")]);
  db.close();
});

Deno.test("an operation finds what others of its transaction have made ready", async () => {
  const store = await openSqliteStore(":memory:");
  const other = bytes("other");
  const pushed = [JOBS, other].map((queue) => ["1", "2", "3", "4", "5"].map((id) => pushGroup(store, queue, "a", id)));
  const results = await Promise.all([
    store.ack(JOBS, bytes("1")), // 2 becomes ready
    store.ack(other, bytes("1")),
    store.ack(JOBS, bytes("2")),
    store.ack(JOBS, bytes("4")), // was blocked
    store.pop(JOBS, 60_000),
    store.nack(JOBS, bytes("3"), undefined, { dead: true }),
    store.peek(JOBS, "left"),
    store.bury(other, bytes("2")),
    store.get(other, bytes("3")),
  ]);
  const ids = results.map((result) => typeof result === "object" && result ? keyOf(result.id) : result);
  assert.deepEqual(ids, [1, 1, 1, 1, "3", 2, "5", "buried", "3"]);
  await Promise.all(pushed.flat());
  assert.equal((results[8] as { state: string }).state, "ready");
  assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
  assert.deepEqual([await consume(store, JOBS), await consume(store, other)], [["5"], ["3", "4", "5"]]);
  await store.close();
});
