import { contentsOf, type Entry, Ledger } from "../../../testing/chaos/ledger.ts";
import {
  GROUP_LIMITS,
  GROUPED_QUEUES,
  LIMITED_QUEUE,
  MAX_ATTEMPTS,
  MAX_PROCESSING,
  ORDERED_QUEUES,
  STRICT_QUEUES,
} from "../../../testing/chaos/queues.ts";
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
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
  deliver();
  ledger.acked(ledger.acking(entry, performance.now()), 1);
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
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
  ledger.acked(ledger.acking(entry, performance.now()), 0);
  assert.equal(ledger.counts().lost, 1);
});

Deno.test("Ledger does not count events as lost that are still in their queue", () => {
  const { ledger, entry } = begin();
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
  ledger.pushed(ledger.pushing(ledger.enter("q", "other"), "left"), "+OK");
  assert.equal(ledger.counts(1).lost, 1);
  assert.equal(ledger.counts(2).lost, 0);
});

Deno.test("Ledger does not count an event as lost whose acknowledgement has an unknown outcome", () => {
  const { ledger, entry } = begin();
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
  assert.equal(ledger.acked(ledger.acking(entry, performance.now()), UNKNOWN), false);
  assert.equal(ledger.acked(ledger.acking(entry, performance.now()), 0), true);
  assert.equal(ledger.counts().lost, 0);
});

Deno.test("Ledger does not count an event as lost that was never stored", () => {
  const { ledger, entry } = begin();
  assert.equal(ledger.pushed(ledger.pushing(entry, "left"), NOTHING), false);
  assert.deepEqual([ledger.counts().pushed, ledger.counts().lost], [0, 0]);
});

Deno.test("Ledger counts a delivery as doubled if it was requested after the reply to the acknowledgement", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
  deliver();
  const before = performance.now();
  ledger.acked(ledger.acking(entry, before), 1);
  deliver(before - 1); // requested earlier, and overtaken
  assert.equal(ledger.counts().doubled, 0);
  deliver(performance.now() + 1);
  assert.equal(ledger.counts().doubled, 1);
});

Deno.test("Ledger counts it as repushed if a push with an unknown outcome may have taken effect later", () => {
  const { ledger, entry, deliver } = begin();
  ledger.pushed(ledger.pushing(entry, "left"), UNKNOWN);
  ledger.pushed(ledger.pushing(entry, "left"), DUPLICATE);
  deliver();
  ledger.acked(ledger.acking(entry, performance.now()), 1);
  deliver(performance.now() + 1);
  const { doubled, repushed, falseRefusals } = ledger.counts();
  assert.deepEqual([doubled, repushed, falseRefusals], [0, 1, 0]);
});

Deno.test("Ledger counts a false refusal if nothing was done and the event is a duplicate all the same", () => {
  const { ledger, entry } = begin();
  ledger.pushed(ledger.pushing(entry, "left"), NOTHING);
  ledger.pushed(ledger.pushing(entry, "left"), DUPLICATE);
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
  ledger.pushed(ledger.pushing(entry, "left"), "-ERR unexpected server-side error");
  ledger.replied("-UNAVAILABLE");
  assert.deepEqual([...ledger.unexpected], [["-ERR unexpected server-side error", 1], ["-UNAVAILABLE", 1]]);
});

Deno.test("Ledger counts a receipt that was used for two deliveries", () => {
  const { ledger, entry } = begin();
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
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
  ledger.pushed(ledger.pushing(entry, "left"), "+OK");
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
    ledger.pushed(ledger.pushing(entry, "left"), "+OK");
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
  unknown.ledger.pushed(unknown.ledger.pushing(unknown.a, "left"), UNKNOWN);
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

/** A grouped queue in which events of one group were pushed on the left, in this order. */
function grouped(queue: string, ...ids: string[]) {
  const ledger = new Ledger([queue]);
  const entries = new Map(ids.map((id) => [id, ledger.enter(queue, id, "group")]));
  for (const entry of entries.values()) {
    ledger.pushed(ledger.pushing(entry, "left"), "+OK");
  }
  /** Waits until the clock has moved on, so that commands before and after do not overlap. */
  const tick = () => {
    for (const now = performance.now(); performance.now() <= now;);
  };
  return {
    ledger,
    entry: (id: string) => entries.get(id)!,
    /** One command that delivers these events, after all before it. */
    deliver(...delivered: string[]) {
      tick();
      const request = { sentAt: performance.now() };
      for (const id of delivered) ledger.delivered(id, contentsOf(id), request);
      tick();
    },
    acknowledge(id: string, answer: 0 | 1 | undefined = 1) {
      const sentAt = performance.now();
      ledger.acked(ledger.acking(entries.get(id)!, sentAt), answer);
      tick();
    },
    late: () => ledger.counts(Infinity).outOfTurn,
    beyond: () => ledger.counts(Infinity).overLimit,
  };
}

const [ONE_BY_ONE] = GROUPED_QUEUES;

Deno.test("Ledger finds no violation in a group whose events are delivered and acknowledged one after the other", () => {
  const { deliver, acknowledge, late } = grouped(ONE_BY_ONE, "a", "b", "c");
  for (const id of ["a", "b", "c"]) {
    for (let attempt = 1; attempt < 3; attempt++) deliver(id);
    acknowledge(id);
  }
  assert.equal(late(), 0);
});

Deno.test("Ledger counts an event as out of turn that is delivered before an earlier one of its group is gone", () => {
  const never = grouped(ONE_BY_ONE, "a", "b");
  never.deliver("b");
  assert.equal(never.late(), 1);
  const leased = grouped(ONE_BY_ONE, "a", "b");
  leased.deliver("a");
  leased.deliver("b");
  leased.acknowledge("a");
  assert.equal(leased.late(), 1);
  const together = grouped(ONE_BY_ONE, "a", "b");
  together.deliver("a", "b");
  assert.equal(together.late(), 1);
});

Deno.test("Ledger counts an event as out of turn after an acknowledgement of the earlier one that removed nothing", () => {
  const { deliver, acknowledge, late } = grouped(ONE_BY_ONE, "a", "b");
  deliver("a");
  acknowledge("a", 0);
  deliver("b");
  assert.equal(late(), 1);
});

Deno.test("Ledger takes an event as gone once an acknowledgement was sent whose outcome is unknown", () => {
  const { deliver, acknowledge, late } = grouped(ONE_BY_ONE, "a", "b");
  deliver("a");
  acknowledge("a", undefined);
  deliver("b");
  acknowledge("a", 0);
  assert.equal(late(), 0);
});

Deno.test("Ledger counts events as out of turn beyond the limit of their group, wherever they were pushed", () => {
  const limit = GROUP_LIMITS[LIMITED_QUEUE];
  const ids = Array.from({ length: limit + 2 }, (_, i) => `${i}`);
  const { ledger, entry, deliver, late } = grouped(LIMITED_QUEUE, ...ids);
  deliver(...ids.slice(0, limit));
  assert.equal(late(), 0);
  ledger.pushing(entry(ids[limit]), "right");
  deliver(ids[limit]);
  assert.equal(late(), 1);
});

Deno.test("Ledger does not count an event as out of turn that overtakes one with an unknown push, or one pushed on the right", () => {
  const unknown = grouped(ONE_BY_ONE, "a", "b");
  unknown.ledger.pushed(unknown.ledger.pushing(unknown.entry("a"), "left"), UNKNOWN);
  const right = grouped(ONE_BY_ONE, "a", "b");
  right.ledger.pushing(right.entry("b"), "right");
  for (const { deliver, late } of [unknown, right]) {
    deliver("b");
    assert.equal(late(), 0);
    deliver("a");
    assert.equal(late(), 1, "b is still there");
  }
});

Deno.test("Ledger does not compare groups, nor commands of a group that were under way at the same time", () => {
  const { ledger, entry, acknowledge, late } = grouped(ONE_BY_ONE, "a", "b");
  const other = ledger.enter(ONE_BY_ONE, "other", "other group");
  ledger.pushed(ledger.pushing(other, "left"), "+OK");
  const requests = Array.from({ length: 3 }, () => ({ sentAt: performance.now() }));
  ledger.delivered("other", contentsOf("other"), requests[0]);
  ledger.delivered("a", contentsOf("a"), requests[1]);
  acknowledge("a");
  ledger.delivered("b", contentsOf("b"), requests[2]); // taken after the acknowledgement, although it was sent before
  assert.deepEqual([late(), entry("b").deliveries], [0, 1]);
});

Deno.test("Ledger counts a delivery as over the limit while as many events as allowed are being processed", () => {
  const ids = Array.from({ length: MAX_PROCESSING + 1 }, (_, i) => `${i}`);
  const within = grouped(LIMITED_QUEUE, ...ids);
  const beyond = grouped(LIMITED_QUEUE, ...ids);
  for (const [i, id] of ids.entries()) {
    within.deliver(id);
    beyond.deliver(id);
    if (i === 0) within.ledger.settling(within.entry(id));
  }
  assert.deepEqual([within.beyond(), beyond.beyond()], [0, 1]);
});
