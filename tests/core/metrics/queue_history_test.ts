import { QueueHistory } from "../../../core/metrics/queue_history.ts";
import type { QueueStatus } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

const status = (queue: string, ready: number) => ({ queue: bytes(queue), ready }) as QueueStatus;
const shown = (history: QueueHistory, queue: string) => history.of(bytes(queue)).map(({ at, ready }) => [at, ready]);

Deno.test("QueueHistory keeps points some seconds apart, oldest first", () => {
  const history = new QueueHistory();
  for (const [at, ready] of [[0, 1], [2000, 2], [3000, 3], [4000, 4], [6000, 5]]) history.add(status("q", ready), at);
  assert.deepEqual(shown(history, "q"), [[0, 1], [3000, 3], [6000, 5]]);
  assert.deepEqual(shown(history, "other"), []);
});

Deno.test("QueueHistory goes on when the clock is set back", () => {
  const history = new QueueHistory();
  history.add(status("q", 1), 90_000);
  history.add(status("q", 2), 10_000);
  assert.deepEqual(shown(history, "q").at(-1), [10_000, 2]);
});

Deno.test("QueueHistory keeps five minutes of the most recently updated queues", () => {
  const history = new QueueHistory();
  for (let i = 0; i < 1000; i++) history.add(status("q", i), i * 3000);
  const points = shown(history, "q");
  assert.deepEqual(points.at(-1), [2_997_000, 999]);
  assert.equal(points.length, 120);
  for (let i = 0; i < 2000; i++) history.add(status(`q${i}`, i), 0);
  assert.deepEqual(shown(history, "q"), []);
  assert.deepEqual(shown(history, "q0"), [[0, 0]]);
});
