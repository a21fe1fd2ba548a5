import { contentsOf, type Entry, Ledger } from "../../../testing/chaos/ledger.ts";
import { MAX_ATTEMPTS, ORDERED_QUEUES, STRICT_QUEUES } from "../../../testing/chaos/queues.ts";
import { assert } from "../../deps.ts";

const UNKNOWN = "-UNAVAILABLE The outcome is unknown: the connection broke; it may have been done or not";
const NOTHING = "-UNAVAILABLE Nothing was done: Redis cannot be reached";
const DUPLICATE = "-ERR duplicate event id";

function begin(): { ledger: Ledger; entry: Entry; deliver(sentAt?: number): void } {
  const ledger = new Ledger(["q"]);
  const entry = ledger.enter("q", "id");
  return {
    ledger,
    entry,
    deliver: (sentAt = performance.now()) => ledger.delivered("id", contentsOf("id"), { sentAt }),
  };
}

Deno.test("Ledger finds no violation in an event that is pushed, delivered and acknowledged", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, "+OK");
  deliver();
  ledger.acked(entry, performance.now(), 1);
  assert.deepEqual(ledger.counts(), {
    ...{
      pushed: 1,
      delivered: 1,
      redelivered: 0,
      lost: 0,
      doubled: 0,
      outOfOrder: 0,
      outOfTurn: 0,
      overLimit: 0,
      repushed: 0,
      falseRefusals: 0,
      corrupt: 0,
    },
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

Deno.test("Ledger counts a delivery as doubled if it was requested after the reply to the acknowledgement", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, "+OK");
  deliver();
  const before = performance.now();
  ledger.acked(entry, before, 1);
  deliver(before - 1); // requested earlier, and overtaken
  assert.equal(ledger.counts().doubled, 0);
  deliver(performance.now() + 1);
  assert.equal(ledger.counts().doubled, 1);
});

Deno.test("Ledger counts it as repushed if a push with an unknown outcome may have taken effect later", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(entry, UNKNOWN);
  ledger.pushed(entry, DUPLICATE);
  deliver();
  ledger.acked(entry, performance.now(), 1);
  deliver(performance.now() + 1);
  const { doubled, repushed, falseRefusals } = ledger.counts();
  assert.deepEqual([doubled, repushed, falseRefusals], [0, 1, 0]);
});

Deno.test("Ledger counts a false refusal if nothing was done and the event is a duplicate all the same", () => {
  const { ledger, entry } = begin();
  ledger.pushed(entry, NOTHING);
  ledger.pushed(entry, DUPLICATE);
  assert.equal(ledger.counts().falseRefusals, 1);
});

Deno.test("Ledger counts a delivery as corrupt if its contents differ or the event was never pushed", () => {
  const { ledger } = begin();
  ledger.delivered("id", "other contents", { sentAt: 0 });
  ledger.delivered("other", contentsOf("other"), { sentAt: 0 });
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
  assert.deepEqual(ledger.claimed(row(1, "a"), { sentAt: 0 }), { entry, queue: "q", id: "id", receipt: "a" });
  ledger.claimed(row(2, "b"), { sentAt: 0 });
  assert.equal(ledger.counts().reusedReceipts, 0);
  ledger.claimed(row(2, "b"), { sentAt: 0 });
  assert.equal(ledger.counts().reusedReceipts, 1);
});

Deno.test("Ledger counts a delivery beyond max-attempts, unless it comes from the dead queue", () => {
  const ledger = new Ledger(STRICT_QUEUES);
  const [queue] = STRICT_QUEUES;
  const entry = ledger.enter(queue, "id");
  ledger.pushed(entry, "+OK");
  ledger.claimed([queue, "id", contentsOf("id"), MAX_ATTEMPTS, "a"], { sentAt: 0 });
  ledger.claimed([`${queue}:dead`, "id", contentsOf("id"), MAX_ATTEMPTS + 1, "a"], { sentAt: 0 });
  assert.deepEqual([ledger.counts().overAttempts, ledger.counts().dead], [0, 1]);
  ledger.claimed([queue, "id", contentsOf("id"), MAX_ATTEMPTS + 1, "b"], { sentAt: 0 });
  assert.equal(ledger.counts().overAttempts, 1);
});

/** A queue in which `a`, `b` and `c` were pushed on the left, in this order. */
function ordered() {
  const [queue] = ORDERED_QUEUES;
  const ledger = new Ledger([queue]);
  const entries = ["a", "b", "c"].map((id) => ledger.enter(queue, id));
  const [a, b] = entries;
  for (const entry of entries) {
    ledger.pushing(entry, "left");
    ledger.pushed(entry, "+OK");
  }
  /** A QCLAIM after all before it. */
  const claim = (attempt: number, ...ids: string[]) => {
    const request = { sentAt: performance.now() + 1e-6 };
    for (const id of ids) ledger.claimed([queue, id, contentsOf(id), attempt, `${id} ${attempt}`], request);
    while (performance.now() <= request.sentAt);
  };
  return { queue, ledger, a, b, claim, late: () => ledger.counts(Infinity).outOfOrder };
}

Deno.test("Ledger counts events as out of order that are delivered after one that was pushed later", () => {
  const { claim, late } = ordered();
  claim(1, "c");
  claim(1, "a");
  claim(1, "b");
  assert.equal(late(), 2);
});

Deno.test("Ledger counts an event as out of order that is behind one in the same reply", () => {
  const { claim, late } = ordered();
  claim(1, "a", "c", "b");
  assert.equal(late(), 1);
});

Deno.test("Ledger does not count events as out of order that come back", () => {
  const { queue, ledger, claim, late } = ordered();
  claim(1, "a");
  claim(1, "b", "c");
  claim(2, "a");
  assert.equal(late(), 0);
  const lost = ordered(); // the reply to a QRPOP of `a`
  lost.claim(1, "b");
  lost.claim(2, "a");
  lost.ledger.delivered("c", contentsOf("c"), { sentAt: performance.now() });
  assert.equal(lost.late(), 0);
  ledger.delivered("a", contentsOf("a"), { sentAt: performance.now() });
  assert.deepEqual([late(), queue], [0, ORDERED_QUEUES[0]]);
});

Deno.test("Ledger does not count an event as out of order that was pushed on the right, or maybe twice", () => {
  const right = ordered();
  right.ledger.pushing(right.a, "right");
  right.claim(1, "b");
  right.claim(1, "a");
  const unknown = ordered();
  unknown.ledger.pushed(unknown.a, UNKNOWN);
  unknown.claim(1, "b");
  unknown.claim(1, "a");
  assert.deepEqual([right.late(), unknown.late()], [0, 0]);
});

Deno.test("Ledger takes an event that was refused and pushed again as pushed later", () => {
  const { ledger, a, claim, late } = ordered();
  ledger.pushing(a, "left");
  claim(1, "b", "c", "a");
  assert.equal(late(), 0);
});

Deno.test("Ledger does not compare commands that were under way at the same time", () => {
  const { queue, ledger, late } = ordered();
  const requests = Array.from({ length: 3 }, () => ({ sentAt: performance.now() }));
  for (const [i, id] of ["c", "b", "a"].entries()) {
    ledger.claimed([queue, id, contentsOf(id), 1, id], requests[i]);
  }
  assert.equal(late(), 0);
});
