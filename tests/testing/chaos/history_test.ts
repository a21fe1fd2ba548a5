import { History, type Operation, type OperationType, TotalQueue } from "../../../testing/chaos/history.ts";
import { contentsOf, Ledger } from "../../../testing/chaos/ledger.ts";
import { assert } from "../../deps.ts";

type Step = [type: OperationType, f: Operation["f"], value: Operation["value"]];

/** The verdict on a history, as lost, unexpected, duplicated, recovered. */
function verdict(...steps: Step[]): number[] {
  const totals = new TotalQueue();
  for (const [process, [type, f, value]] of steps.entries()) totals.add(type, { process, f, value });
  const { lost, unexpected, duplicated, recovered } = totals.figures();
  return [lost, unexpected, duplicated, recovered];
}

const push = (value: string, type: OperationType): Step[] => [["invoke", "enqueue", value], [type, "enqueue", value]];
const ack = (value: string, type: OperationType): Step[] => [["invoke", "dequeue", value], [type, "dequeue", value]];

Deno.test("TotalQueue finds nothing in events that are enqueued and dequeued once", () => {
  assert.deepEqual(verdict(), [0, 0, 0, 0]);
  assert.deepEqual(verdict(...push("a", "ok"), ...push("b", "ok"), ...ack("b", "ok"), ...ack("a", "ok")), [0, 0, 0, 0]);
  assert.deepEqual(verdict(...push("a", "fail")), [0, 0, 0, 0]);
  assert.deepEqual(verdict(...push("a", "info")), [0, 0, 0, 0]);
});

Deno.test("TotalQueue counts as lost what was enqueued and never dequeued", () => {
  assert.deepEqual(verdict(...push("a", "ok"), ...push("b", "ok"), ...ack("b", "ok")), [1, 0, 0, 0]);
  assert.deepEqual(verdict(...push("a", "ok"), ...ack("a", "fail")), [1, 0, 0, 0]);
  assert.deepEqual(verdict(...push("a", "ok"), ...ack("a", "info")), [1, 0, 0, 0]);
});

Deno.test("TotalQueue counts as unexpected what was dequeued and never tried to enqueue", () => {
  assert.deepEqual(verdict(...ack("a", "ok"), ...ack("a", "ok")), [0, 2, 0, 0]);
});

Deno.test("TotalQueue counts as duplicated what was dequeued more often than it was tried to enqueue", () => {
  assert.deepEqual(verdict(...push("a", "ok"), ...ack("a", "ok"), ...ack("a", "ok")), [0, 0, 1, 0]);
  const twice = [...push("a", "ok"), ...push("a", "fail")];
  assert.deepEqual(verdict(...twice, ...ack("a", "ok"), ...ack("a", "ok"), ...ack("a", "ok")), [0, 0, 1, 1]);
});

Deno.test("TotalQueue counts as recovered what was dequeued although its enqueue is not known to have succeeded", () => {
  assert.deepEqual(verdict(...push("a", "info"), ...ack("a", "ok")), [0, 0, 0, 1]);
  const retried = [...push("a", "info"), ...push("a", "ok")];
  assert.deepEqual(verdict(...retried, ...ack("a", "ok")), [0, 0, 0, 0]);
  assert.deepEqual(verdict(...retried, ...ack("a", "ok"), ...ack("a", "ok")), [0, 0, 0, 1]);
});

Deno.test("TotalQueue takes each event of a drain as dequeued, and knows no drain with an unknown outcome", () => {
  const pushed = [...push("a", "ok"), ...push("b", "ok"), ...push("c", "ok")];
  const invoked: Step = ["invoke", "drain", null];
  assert.deepEqual(verdict(...pushed, invoked, ["ok", "drain", ["a", "b", "d"]]), [1, 1, 0, 0]);
  assert.deepEqual(verdict(...pushed, invoked, ["fail", "drain", null]), [3, 0, 0, 0]);
  assert.throws(() => verdict(invoked, ["info", "drain", null]), /drain of unknown outcome/);
});

/** What a history writes to its file, one operation a line, and its figures. */
async function written(body: (history: History) => void) {
  const path = await Deno.makeTempFile({ suffix: ".edn" });
  try {
    const history = new History(path);
    body(history);
    const figures = history.figures();
    history[Symbol.dispose]();
    const text = await Deno.readTextFile(path);
    assert.ok(text.endsWith("\n"));
    return { figures, lines: text.trimEnd().split("\n") };
  } finally {
    await Deno.remove(path);
  }
}

const LINE = /^\{:index (\d+), :time (\d+), :type :(\w+), :process (\d+), :f :(\w+), :value (.*)\}$/;

/** The fields of the lines, without index and time, which must ascend. */
function operations(lines: string[]): string[] {
  let before = -1;
  return lines.map((line, i) => {
    const [, index, time, type, process, f, value] = LINE.exec(line)!;
    assert.equal(Number(index), i);
    assert.ok(Number(time) >= before);
    before = Number(time);
    return `${process} ${type} ${f} ${value}`;
  });
}

Deno.test("History writes operations as maps of EDN, and gives a process another operation unless it has crashed", async () => {
  const { lines } = await written((history) => {
    const [a, b] = [history.invoke("enqueue", "a"), history.invoke("enqueue", 'b "\n\\')];
    history.complete(a, "info");
    history.complete(b, "ok");
    const c = history.invoke("dequeue", "c");
    history.complete(c, "fail");
    history.complete(history.invoke("drain", null), "ok", ["a", "c"]);
    history.complete(history.invoke("drain", null), "ok", []);
  });
  assert.deepEqual(operations(lines), [
    ...['0 invoke enqueue "a"', '1 invoke enqueue "b \\"\\n\\\\"', '0 info enqueue "a"', '1 ok enqueue "b \\"\\n\\\\"'],
    ...['1 invoke dequeue "c"', '1 fail dequeue "c"'],
    ...["1 invoke drain nil", '1 ok drain ["a" "c"]', "1 invoke drain nil", "1 ok drain []"],
  ]);
});

Deno.test("History writes all of many operations, and counts them anew after each call of figures", async () => {
  const count = 20_000;
  const { lines, figures } = await written((history) => {
    for (let i = 0; i < count; i++) history.complete(history.invoke("enqueue", `event ${i}`), "ok");
    assert.equal(history.figures().lost, count);
    history.complete(history.invoke("enqueue", "last"), "ok");
  });
  assert.equal(operations(lines).length, 2 * count + 2);
  assert.equal(figures.lost, 1);
});

Deno.test("Ledger records pushes and acknowledgements, and in the end what is gone by one with an unknown outcome", async () => {
  const unknown = "-UNAVAILABLE The outcome is unknown: no answer came; it may have been done or not";
  const nothing = "-UNAVAILABLE Nothing was done: Redis cannot be reached";
  const { lines, figures } = await written((history) => {
    const ledger = new Ledger(["q"], history, "run");
    const [a, b, c] = ["a", "b", "c"].map((id) => ledger.enter("q", id));
    const push = (entry: typeof a, answer: string) => ledger.pushed(ledger.pushing(entry, "left"), answer);
    const ack = (entry: typeof a, answer: string | number) => ledger.acked(ledger.acking(entry, 0), answer);
    for (const answer of [nothing, unknown, "-ERR duplicate event a"]) push(a, answer);
    push(b, unknown);
    push(c, "+OK");
    ledger.delivered("b", contentsOf("b"), { sentAt: 0 });
    ledger.delivered("b", contentsOf("b"), { sentAt: 0 });
    for (const answer of [nothing, unknown, 1]) ack(b, answer);
    for (const answer of [unknown, 0]) ack(a, answer);
    ledger.delivered("c", "other contents", { sentAt: 0 });
    ledger.drained(true);
  });
  assert.deepEqual(operations(lines).map((line) => line.slice(line.indexOf(" ") + 1)), [
    ...['invoke enqueue "run q a"', 'fail enqueue "run q a"', 'invoke enqueue "run q a"', 'info enqueue "run q a"'],
    ...['invoke enqueue "run q a"', 'ok enqueue "run q a"', 'invoke enqueue "run q b"', 'info enqueue "run q b"'],
    ...['invoke enqueue "run q c"', 'ok enqueue "run q c"'],
    ...['invoke dequeue "run q b"', 'fail dequeue "run q b"', 'invoke dequeue "run q b"', 'info dequeue "run q b"'],
    ...['invoke dequeue "run q b"', 'ok dequeue "run q b"'],
    ...['invoke dequeue "run q a"', 'info dequeue "run q a"', 'invoke dequeue "run q a"', 'fail dequeue "run q a"'],
    ...['invoke dequeue "run c: other contents"', 'ok dequeue "run c: other contents"'],
    ...["invoke drain nil", 'ok drain ["run q a"]'],
  ]);
  assert.deepEqual(figures, { lost: 1, unexpected: 1, duplicated: 0, recovered: 1 });
});

Deno.test("Ledger records that queues could not be drained", async () => {
  const { lines } = await written((history) => new Ledger(["q"], history, "run").drained(false));
  assert.deepEqual(operations(lines), ["0 invoke drain nil", "0 fail drain nil"]);
});
