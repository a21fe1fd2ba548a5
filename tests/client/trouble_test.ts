import { Consumer, Producer, text } from "../../mod.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { Program, startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { connect } from "../support/wire.ts";
import { Calls, processingOf, totalOf } from "./helpers.ts";

/** How many events are processed while something breaks. */
const EVENTS = 3000;
/** How long an event is leased meanwhile, in milliseconds. */
const LEASE_MS = 2000;

/** What a consumer has seen of each event. */
class Book {
  readonly seen = new Calls<string>();
  readonly acknowledged = new Set<string>();
  readonly again: string[] = []; // delivered after it was acknowledged

  /** Consumes until drained, acknowledging each event. */
  async keep(consumer: Consumer<string>): Promise<void> {
    await consumer.run(async (event) => {
      if (this.acknowledged.has(event.id)) this.again.push(event.id);
      this.seen.call(event.id);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (await event.ack()) this.acknowledged.add(event.id);
    });
  }
}

/** Processes events while `trouble` happens, and sees that none is lost and none comes again once acknowledged. */
async function survives(port: number, trouble: () => Promise<void>): Promise<void> {
  const addresses = `127.0.0.1:${port}`;
  await using producer = new Producer({ addresses, codec: text });
  const ids = await producer.pushAll("q", Array.from({ length: EVENTS }, (_, i) => `${i}`), { id: (value) => value });
  const book = new Book();
  const options = { addresses, queues: "q", codec: text, leaseMs: LEASE_MS, onError: () => {} };
  await using consumer = new Consumer({ ...options, concurrency: 20, retryDelayMs: 10 });
  const keeping = book.keep(consumer);
  await book.seen.reached(EVENTS / 3);
  await trouble();
  await eventually(async () => {
    await using wire = await connect({ hostname: "127.0.0.1", port });
    assert.equal(await totalOf(wire, "q"), 0);
  }, 60_000);
  await consumer.close();
  await keeping;
  assert.deepEqual(new Set(book.seen.all), new Set(ids));
  assert.deepEqual(book.again, []);
  assert.ok(book.acknowledged.size > EVENTS * 0.9, `only ${book.acknowledged.size} acknowledgements were confirmed`);
}

function okqOn(store: string, port: number): Program {
  const permissions = ["--allow-net", "--allow-read", "--allow-write"];
  return startServer(store, ["--listen-addr", `127.0.0.1:${port}`, "--log-level", "error"], { permissions });
}

/** Kills okq or asks it to end, and starts it again. */
async function survivesRestart(store: string, signal: Deno.Signal): Promise<void> {
  const port = freePort();
  await using first = okqOn(store, port);
  await first.addr();
  await using ends = new AsyncDisposableStack();
  await survives(port, async () => {
    first.kill(signal);
    await first.ended;
    await ends.use(okqOn(store, port)).addr();
  });
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  programTest(`A consumer loses and doubles nothing when okq ends by ${signal} and starts again (sqlite)`, async () => {
    await withFolder((folder) => survivesRestart(`sqlite:${folder}/okq.db`, signal));
  });

  redisTest(`A consumer loses and doubles nothing when okq ends by ${signal} and starts again (redis)`, async () => {
    await using redis = await startRedis();
    await survivesRestart(redis.url, signal);
  });
}

redisTest("A consumer loses and doubles nothing when Redis is killed and starts again", async () => {
  await using redis = await startRedis({ durable: true });
  const port = freePort();
  await using okq = okqOn(redis.url, port);
  await okq.addr();
  await survives(port, () => redis.restart());
});

for (const store of ["sqlite", "redis"]) {
  const declare = store === "sqlite" ? programTest : redisTest;
  declare(`What a killed consumer had in hand comes to another when its leases end (${store})`, async () => {
    await using ends = new AsyncDisposableStack();
    const url = store === "sqlite" ? "sqlite::memory:" : ends.use(await startRedis()).url;
    const okq = ends.use(startServer(url));
    const { hostname, port } = await okq.addr();
    const addresses = `${hostname}:${port}`;
    await using producer = new Producer({ addresses, codec: text });
    const ids = await producer.pushAll("q", Array(50).fill("x"));
    const main = "tests/client/stuck_consumer.ts";
    const stuck = ends.use(new Program([addresses, "q", "20"], { main }));
    await stuck.line(/^has them all$/);
    stuck.kill("SIGKILL");
    assert.equal((await stuck.ended).signal, "SIGKILL");
    const book = new Book();
    await using wire = await connect({ hostname, port });
    assert.equal(await processingOf(wire, "q"), 20);
    await using consumer = new Consumer({ addresses, queues: "q", codec: text, concurrency: 10 });
    const keeping = book.keep(consumer);
    await book.seen.reached(50);
    await consumer.close();
    await keeping;
    assert.deepEqual(book.seen.all.toSorted(), ids.toSorted());
    assert.equal(await totalOf(wire, "q"), 0);
  });
}
