import { contentsOf, type Entry, Ledger } from "../../../testing/chaos/ledger.ts";
import { MAX_ATTEMPTS, STRICT_QUEUES } from "../../../testing/chaos/policies.ts";
import { assert } from "../../deps.ts";

/** What may be said of one event, in the order it happens. */
const UNKNOWN = "-UNAVAILABLE The outcome is unknown: the connection broke; it may have been done or not";
const NOTHING = "-UNAVAILABLE Nothing was done: Redis cannot be reached";
const DUPLICATE = "-ERR duplicate event id";

function begin(): { ledger: Ledger; entry: Entry; deliver(sentAt?: number): void } {
  const ledger = new Ledger(["q"]);
  const entry = ledger.enter("q", "id");
  return { ledger, entry, deliver: (sentAt = performance.now()) => ledger.delivered("id", contentsOf("id"), sentAt) };
}

Deno.test("Ledger finds no fault with an event that is pushed, delivered and acknowledged", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, "+OK");
  deliver();
  ledger.acked(entry, performance.now(), 1);
  assert.deepEqual(ledger.figures(), {
    ...{ pushed: 1, delivered: 1, redelivered: 0, lost: 0, doubled: 0, reborn: 0, untrue: 0, torn: 0, dead: 0 },
    ...{ uncounted: 0, undead: 0, unknown: 0 },
  });
});

Deno.test("Ledger calls an event lost that was stored and that nobody could acknowledge", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  ledger.acked(entry, performance.now(), 0);
  assert.equal(ledger.figures().lost, 1);
});

Deno.test("Ledger does not call events lost that are still in their queue", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  ledger.pushed(ledger.enter("q", "other"), "+OK");
  assert.equal(ledger.figures(1).lost, 1);
  assert.equal(ledger.figures(2).lost, 0);
});

Deno.test("Ledger does not call an event lost whose acknowledgement has no clear outcome", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  assert.equal(ledger.acked(entry, performance.now(), UNKNOWN), false);
  assert.equal(ledger.acked(entry, performance.now(), 0), true);
  assert.equal(ledger.figures().lost, 0);
});

Deno.test("Ledger does not call an event lost that was never stored", () => {
  const { ledger, entry } = begin();
  assert.equal(ledger.pushed(entry, NOTHING), false);
  assert.deepEqual([ledger.figures().pushed, ledger.figures().lost], [0, 0]);
});

Deno.test("Ledger calls a delivery doubled that was asked for after the acknowledgement was answered", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, "+OK");
  deliver();
  const before = performance.now();
  ledger.acked(entry, before, 1);
  deliver(before - 1); // asked for earlier, and overtaken
  assert.equal(ledger.figures().doubled, 0);
  deliver(performance.now() + 1);
  assert.equal(ledger.figures().doubled, 1);
});

Deno.test("Ledger calls it reborn if a push without a clear outcome may have come late", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, UNKNOWN);
  ledger.pushed(entry, DUPLICATE);
  deliver();
  ledger.acked(entry, performance.now(), 1);
  deliver(performance.now() + 1);
  const { doubled, reborn, untrue } = ledger.figures();
  assert.deepEqual([doubled, reborn, untrue], [0, 1, 0]);
});

Deno.test("Ledger calls it untrue if nothing was done and the event is there all the same", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, NOTHING);
  ledger.pushed(entry, DUPLICATE);
  assert.equal(ledger.figures().untrue, 1);
});

Deno.test("Ledger calls it torn if contents differ or nobody pushed the event", () => {
  const { ledger } = begin();
  ledger.delivered("id", "other contents", performance.now());
  ledger.delivered("other", contentsOf("other"), performance.now());
  assert.equal(ledger.figures().torn, 2);
});

Deno.test("Ledger keeps errors that no client should see", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "-ERR unexpected server-side error");
  ledger.heard("-UNAVAILABLE");
  assert.deepEqual([...ledger.unexpected], [["-ERR unexpected server-side error", 1], ["-UNAVAILABLE", 1]]);
});

Deno.test("Ledger calls a delivery uncounted whose receipt was another's", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  const row = (attempt: number, receipt: string) => ["q", "id", contentsOf("id"), attempt, receipt];
  assert.deepEqual(ledger.claimed(row(1, "a"), 0), { entry, queue: "q", id: "id", receipt: "a" });
  ledger.claimed(row(2, "b"), 0);
  assert.equal(ledger.figures().uncounted, 0);
  ledger.claimed(row(2, "b"), 0);
  assert.equal(ledger.figures().uncounted, 1);
});

Deno.test("Ledger calls a delivery undead that should have been a dead letter", () => {
  const ledger = new Ledger(STRICT_QUEUES);
  const [queue] = STRICT_QUEUES;
  const entry = ledger.enter(queue, "id");
  ledger.pushed(entry, "+OK");
  ledger.claimed([queue, "id", contentsOf("id"), MAX_ATTEMPTS, "a"], 0);
  ledger.claimed([`${queue}:dead`, "id", contentsOf("id"), MAX_ATTEMPTS + 1, "a"], 0);
  assert.deepEqual([ledger.figures().undead, ledger.figures().dead], [0, 1]);
  ledger.claimed([queue, "id", contentsOf("id"), MAX_ATTEMPTS + 1, "b"], 0);
  assert.equal(ledger.figures().undead, 1);
});
