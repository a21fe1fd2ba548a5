import { contentsOf, type Entry, Ledger } from "../../../testing/chaos/ledger.ts";
import { MAX_ATTEMPTS, STRICT_QUEUES } from "../../../testing/chaos/queues.ts";
import { assert } from "../../deps.ts";

const UNKNOWN = "-UNAVAILABLE The outcome is unknown: the connection broke; it may have been done or not";
const NOTHING = "-UNAVAILABLE Nothing was done: Redis cannot be reached";
const DUPLICATE = "-ERR duplicate event id";

function begin(): { ledger: Ledger; entry: Entry; deliver(sentAt?: number): void } {
  const ledger = new Ledger(["q"]);
  const entry = ledger.enter("q", "id");
  return { ledger, entry, deliver: (sentAt = performance.now()) => ledger.delivered("id", contentsOf("id"), sentAt) };
}

Deno.test("Ledger finds no violation in an event that is pushed, delivered and acknowledged", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, "+OK");
  deliver();
  ledger.acked(entry, performance.now(), 1);
  assert.deepEqual(ledger.counts(), {
    ...{ pushed: 1, delivered: 1, redelivered: 0, lost: 0, afterAck: 0, repushed: 0, falseRefusals: 0, corrupt: 0 },
    ...{ dead: 0, reusedReceipts: 0, overAttempts: 0, unknown: 0 },
  });
});

Deno.test("Ledger counts an event as lost that was stored and could not be acknowledged", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  ledger.acked(entry, performance.now(), 0);
  assert.equal(ledger.counts().lost, 1);
});

Deno.test("Ledger does not count events as lost that are still in their queue", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  ledger.pushed(ledger.enter("q", "other"), "+OK");
  assert.equal(ledger.counts(1).lost, 1);
  assert.equal(ledger.counts(2).lost, 0);
});

Deno.test("Ledger does not count an event as lost whose acknowledgement has an unknown outcome", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  assert.equal(ledger.acked(entry, performance.now(), UNKNOWN), false);
  assert.equal(ledger.acked(entry, performance.now(), 0), true);
  assert.equal(ledger.counts().lost, 0);
});

Deno.test("Ledger does not count an event as lost that was never stored", () => {
  const { ledger, entry } = begin();
  assert.equal(ledger.pushed(entry, NOTHING), false);
  assert.deepEqual([ledger.counts().pushed, ledger.counts().lost], [0, 0]);
});

Deno.test("Ledger counts a delivery as afterAck if it was requested after the reply to the acknowledgement", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, "+OK");
  deliver();
  const before = performance.now();
  ledger.acked(entry, before, 1);
  deliver(before - 1); // requested earlier, and overtaken
  assert.equal(ledger.counts().afterAck, 0);
  deliver(performance.now() + 1);
  assert.equal(ledger.counts().afterAck, 1);
});

Deno.test("Ledger counts it as repushed if a push with an unknown outcome may have taken effect later", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, UNKNOWN);
  ledger.pushed(entry, DUPLICATE);
  deliver();
  ledger.acked(entry, performance.now(), 1);
  deliver(performance.now() + 1);
  const { afterAck, repushed, falseRefusals } = ledger.counts();
  assert.deepEqual([afterAck, repushed, falseRefusals], [0, 1, 0]);
});

Deno.test("Ledger counts a false refusal if nothing was done and the event is a duplicate all the same", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, NOTHING);
  ledger.pushed(entry, DUPLICATE);
  assert.equal(ledger.counts().falseRefusals, 1);
});

Deno.test("Ledger counts a delivery as corrupt if its contents differ or the event was never pushed", () => {
  const { ledger } = begin();
  ledger.delivered("id", "other contents", performance.now());
  ledger.delivered("other", contentsOf("other"), performance.now());
  assert.equal(ledger.counts().corrupt, 2);
});

Deno.test("Ledger keeps errors that no client should see", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "-ERR unexpected server-side error");
  ledger.replied("-UNAVAILABLE");
  assert.deepEqual([...ledger.unexpected], [["-ERR unexpected server-side error", 1], ["-UNAVAILABLE", 1]]);
});

Deno.test("Ledger counts a receipt that was used for two deliveries", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, "+OK");
  const row = (attempt: number, receipt: string) => ["q", "id", contentsOf("id"), attempt, receipt];
  assert.deepEqual(ledger.claimed(row(1, "a"), 0), { entry, queue: "q", id: "id", receipt: "a" });
  ledger.claimed(row(2, "b"), 0);
  assert.equal(ledger.counts().reusedReceipts, 0);
  ledger.claimed(row(2, "b"), 0);
  assert.equal(ledger.counts().reusedReceipts, 1);
});

Deno.test("Ledger counts a delivery beyond max-attempts, unless it comes from the dead queue", () => {
  const ledger = new Ledger(STRICT_QUEUES);
  const [queue] = STRICT_QUEUES;
  const entry = ledger.enter(queue, "id");
  ledger.pushed(entry, "+OK");
  ledger.claimed([queue, "id", contentsOf("id"), MAX_ATTEMPTS, "a"], 0);
  ledger.claimed([`${queue}:dead`, "id", contentsOf("id"), MAX_ATTEMPTS + 1, "a"], 0);
  assert.deepEqual([ledger.counts().overAttempts, ledger.counts().dead], [0, 1]);
  ledger.claimed([queue, "id", contentsOf("id"), MAX_ATTEMPTS + 1, "b"], 0);
  assert.equal(ledger.counts().overAttempts, 1);
});
