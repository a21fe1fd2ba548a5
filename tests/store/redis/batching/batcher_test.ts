/** The order of batches: those that Redis does in parts, and those that it refuses for a time. */
import { Batcher } from "../../../../store/redis/batching/batcher.ts";
import { openLink } from "../../../../store/redis/connection/connect.ts";
import type { Args, Link } from "../../../../store/redis/connection/link.ts";
import { sharedKeys } from "../../../../store/redis/keys.ts";
import { openRedisStore } from "../../../../store/redis/redis_store.ts";
import { ACK, CLAIM, POP, PUSH_LEFT, PUSH_RIGHT } from "../../../../store/redis/script/operations.ts";
import { queueLibrary } from "../../../../store/redis/script/queue_script.ts";
import { StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { redisTest } from "../../../support/programs.ts";
import { startRedis } from "../../../support/redis_server.ts";
import { connect, type Wire } from "../../../support/wire.ts";
import { bytes } from "../../contract/suite.ts";

const JOBS = bytes("jobs");
const LARGE = 300_000;

type Send = (link: Link, key: string, commands: Args[]) => Promise<unknown[]>;

/**
 * Declares a test of calls of the function, and of the script.
 * @param send takes the place of `link.send`
 */
function withBatcher(name: string, body: (batcher: Batcher, direct: Wire) => Promise<void>, send?: Send): void {
  declare(name, true, body, send);
  declare(`${name}, without functions`, false, body, send);
}

function declare(
  name: string,
  functions: boolean,
  body: (batcher: Batcher, direct: Wire) => Promise<void>,
  send: Send = (link, key, args) => link.send(key, args),
): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
    const needs = { library: queueLibrary, waits: false, argumentBytes: 0 };
    const link = await openLink(redis.url, { timeoutMs: 60_000, report: () => {} }, needs);
    const batcher = new Batcher({
      link: {
        batchers: 1,
        durability: "",
        appendOnly: false,
        publish: link.publish,
        channelPrefix: link.channelPrefix,
        onReady: () => {},
        hasLibrary: (key) => functions && link.hasLibrary(key),
        send: (key, commands) => send(link, key, commands),
        sendApart: (...args) => link.sendApart(...args),
        scan: (...args) => link.scan(...args),
        subscribe: (...args) => link.subscribe(...args),
        recheck: (key) => link.recheck(key),
        close: () => link.close(),
      },
      timeoutMs: 60_000,
      report: (_, message) => assert.fail(message),
      replication: { replicas: 0, timeoutMs: 1000 },
      sender: "test",
      keys: sharedKeys(),
      onDelta: () => {},
    });
    try {
      await body(batcher, direct);
    } finally {
      await batcher.close();
      link.close();
    }
  });
}

/** Lets the operations submitted before travel in another batch than those after. */
const nextBatch = () => new Promise((resolve) => setTimeout(resolve));

const text = (id: Uint8Array | undefined) => id && new TextDecoder().decode(id);

withBatcher("The work of one call is bounded, and later batches wait for its rest", async (batcher, direct) => {
  const ids = Array.from({ length: 4000 }, (_, i) => `${i}`);
  const kilobyte = new Uint8Array(1000);
  await Promise.all(ids.map((id) => batcher.submit(PUSH_LEFT, JOBS, 0, bytes(id), kilobyte)));
  await direct.command("CONFIG", "RESETSTAT");
  const claims: Promise<(string | undefined)[]>[] = [];
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 8; j++) {
      claims.push(batcher.submit(CLAIM, JOBS, 60_000, 250, 1e9).then((events) => events.map(({ id }) => text(id))));
    }
    await nextBatch();
  }
  const rest = batcher.submit(CLAIM, JOBS, 0, 10, 1e9);
  assert.deepEqual((await Promise.all(claims)).flat(), ids);
  assert.deepEqual(await rest, []);
  const stats = String(await direct.command("INFO", "commandstats"));
  const calls = Number(/cmdstat_(?:fcall|evalsha):calls=(\d+)/.exec(stats)![1]);
  assert.ok(calls >= 3, `${calls} calls`);
  const acks = ids.map((id) => batcher.submit(ACK, JOBS, 0, bytes(id)));
  assert.deepEqual(await Promise.all(acks), ids.map(() => 1));
});

/** Of any bytes, and so many that they are not all remembered. */
const MANY_QUEUES = Array.from({ length: 1200 }, (_, i) => Uint8Array.of(0xff, 0x0d, 0x0a, i >> 8, i & 0xff, 0));

/** Pushes to all, and pops from all, in batches that have the queues in other orders. */
async function useManyQueues(batcher: Batcher): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const pushed: Promise<boolean>[] = [];
    for (let from = 0; from < MANY_QUEUES.length; from += 100) {
      for (const [i, queue] of MANY_QUEUES.slice(from, from + 100).entries()) {
        pushed.push(batcher.submit(PUSH_LEFT, queue, 0, bytes(`${from + i}`), bytes("x")));
      }
      await nextBatch();
    }
    const popped: Promise<string | undefined>[] = [];
    for (const [i, queue] of MANY_QUEUES.toReversed().entries()) {
      popped.push(batcher.submit(POP, queue, 0).then((event) => text(event?.id)));
      if (i % 170 === 0) await nextBatch();
    }
    assert.ok((await Promise.all(pushed)).every((isNew) => isNew));
    assert.deepEqual(await Promise.all(popped), MANY_QUEUES.map((_, i) => `${i}`).toReversed());
  }
}

withBatcher("Each of many queues has its own events, whatever their names", useManyQueues);

let uses = 0;
withBatcher("Batches that are sent again name the same queues", useManyQueues, async (link, key, commands) => {
  if (uses++ % 3 !== 0) return await link.send(key, commands);
  throw new StoreUnavailable("Redis answers TRYAGAIN", false);
});

let sent = 0;
withBatcher("Many operations of one turn are sent before it ends", async (batcher) => {
  sent = 0;
  const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
  const pushes = ids.map((id) => {
    const pushed = batcher.submit(PUSH_LEFT, JOBS, 0, bytes(id), bytes("x"));
    return { pushed, sent };
  });
  assert.deepEqual(pushes.map(({ sent }) => sent), ids.map((_, i) => i < 255 ? 0 : 1));
  assert.deepEqual(await Promise.all(pushes.map(({ pushed }) => pushed)), ids.map(() => true));
  assert.ok(sent > 1, `${sent} calls`);
}, (link, key, commands) => {
  sent++;
  return link.send(key, commands);
});

withBatcher("Operations of a batch that was done in part have their own results", async (batcher) => {
  const ids = Array.from({ length: 4000 }, (_, i) => `${i}`);
  await Promise.all(ids.map((id) => batcher.submit(PUSH_LEFT, JOBS, 0, bytes(id), new Uint8Array(1000))));
  const claim = () => batcher.submit(CLAIM, JOBS, 60_000, 1000, 1e9).then((events) => text(events.at(-1)!.id));
  const pop = () => batcher.submit(POP, JOBS, 60_000).then((event) => text(event?.id));
  const results = await Promise.all([
    claim(),
    claim(),
    batcher.submit(PUSH_LEFT, JOBS, 0, bytes("large"), new Uint8Array(LARGE)),
    claim(),
    batcher.submit(PUSH_RIGHT, JOBS, 0, bytes("right"), bytes("")),
    pop(),
    claim(),
    pop(),
    pop(),
  ]);
  assert.deepEqual(results, ["999", "1999", true, "2999", true, "right", "3999", "large", undefined]);
});

let calls = 0;
let refused = 0;
withBatcher(
  "Pushes keep their order if Redis refuses some of them for a time",
  async (batcher, direct) => {
    const ids: string[] = [];
    const pushes: Promise<boolean>[] = [];
    const enough = refused + 4;
    while (refused < enough) {
      const id = `${ids.length}`;
      ids.push(id);
      pushes.push(batcher.submit(PUSH_LEFT, JOBS, 0, bytes(id), bytes(id)));
      if (ids.length % 10 === 0) await nextBatch();
    }
    assert.deepEqual(await Promise.all(pushes), ids.map(() => true));
    const popped = await Promise.all(ids.map(() => batcher.submit(POP, JOBS, 0).then((event) => text(event?.id))));
    assert.deepEqual(popped, ids);
    assert.equal(await direct.command("EXISTS", "okq:{0}:ready:jobs"), 0);
  },
  async (link, key, commands) => {
    // The next call reaches Redis before this one is known to be refused.
    if (++calls % 3 !== 0) return await link.send(key, commands);
    refused++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new StoreUnavailable("Redis answers TRYAGAIN", false);
  },
);

redisTest(
  "What changes nothing is answered although replicas did not confirm the batch, and waiters learn of it",
  async () => {
    await using redis = await startRedis();
    const options = { timeoutMs: 60_000, report: () => {} };
    const store = await openRedisStore(redis.url, options, { replicas: 1, timeoutMs: 20 });
    try {
      const told: number[] = [];
      await store.watch(JOBS, (events) => told.push(events));
      const [pushed, peeked, status] = await Promise.allSettled([
        store.push(JOBS, bytes("1"), bytes("one"), "left"),
        store.peek(JOBS, "left"),
        store.status(JOBS),
      ]);
      assert.ok(
        pushed.status === "rejected" && pushed.reason instanceof StoreUnavailable && pushed.reason.outcomeUnknown,
      );
      assert.ok(peeked.status === "fulfilled" && text(peeked.value!.contents) === "one");
      assert.ok(status.status === "fulfilled" && status.value.ready === 1);
      assert.deepEqual(told, [1]);
      assert.equal((await store.status(JOBS)).pushed, 1);
    } finally {
      await store.close();
    }
  },
);
