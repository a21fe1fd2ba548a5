import { MEMORY, openDatabase } from "../../../../store/sqlite/database/database.ts";
import { QueueDeadlines } from "../../../../store/sqlite/tables/deadlines.ts";
import { assert } from "../../../deps.ts";

function openDeadlines() {
  const db = openDatabase(MEMORY);
  const insert = db.prepare(
    "INSERT INTO events (queue, state, place, due, arrived, id, expires) VALUES (?, ?, 0, ?, 0, x'00', ?)",
  );
  const add = (queue: number, state: number, due: number, expires: number | null) =>
    Number(insert.run(queue, state, due, expires).lastInsertRowid);
  return { db, add };
}

Deno.test("Deadlines reads the earliest of each queue, without ready, flushed, and seen ones", () => {
  const { db, add } = openDeadlines();
  for (const due of [30, 10, 20]) add(1, 1, due, due * 100);
  add(2, 2, 15, null);
  add(3, 0, 5, -7);
  add(4, 1, 5, 5);
  db.exec("INSERT INTO flushed VALUES (4)");
  const { due, expiry } = new QueueDeadlines(db);
  assert.deepEqual([1, 2, 3, 4].map((queue) => due.of(queue)), [10, 15, Infinity, Infinity]);
  assert.deepEqual([1, 2, 3, 4].map((queue) => expiry.of(queue)), [1000, Infinity, Infinity, Infinity]);
  assert.deepEqual([9, 10, 15].map((now) => due.due(now)), [[], [1], [1, 2]]);
  db.close();
});

Deno.test("Deadlines keeps the earliest time until the queue is read again or forgotten", () => {
  const { db, add } = openDeadlines();
  const { due } = new QueueDeadlines(db);
  for (const time of [20, 10, 30]) due.add(1, time);
  assert.equal(due.of(1), 10);
  add(1, 1, 40, null);
  due.read(1);
  assert.equal(due.of(1), 40);
  due.forget(1);
  assert.deepEqual(due.due(100), []);
  db.close();
});

Deno.test("Deadlines are not later after a rollback than before the transaction", () => {
  const { db, add } = openDeadlines();
  const deadlines = new QueueDeadlines(db);
  for (const queue of [1, 2, 3]) deadlines.due.add(queue, queue * 10);
  add(1, 1, 50, null);
  deadlines.onBegin();
  deadlines.due.read(1);
  deadlines.due.add(1, 45);
  deadlines.due.read(1);
  deadlines.forget(2);
  deadlines.due.add(2, 60);
  deadlines.due.add(3, 25);
  deadlines.onRollback();
  assert.deepEqual([1, 2, 3].map((queue) => deadlines.due.of(queue)), [10, 20, 25]);
  deadlines.onBegin();
  deadlines.due.read(1);
  deadlines.onBegin();
  deadlines.onRollback();
  assert.equal(deadlines.due.of(1), 50);
  db.close();
});
