import { Consumer, Producer, text } from "../../mod.ts";
import { assert } from "../deps.ts";
import { Calls, processingOf, totalOf } from "../support/consuming.ts";
import { eventually } from "../support/eventually.ts";
import { Program, startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { connect } from "../support/wire.ts";

/** Events processed during a failure. */
const EVENTS = 1000;
/** Duration of their leases, in milliseconds. */
const LEASE_MS = 2000;

/** Records the deliveries of a consumer. */
class Deliveries {
  readonly ids = new Calls<string>();
  readonly acknowledged = new Set<string>();
  readonly afterAck: string[] = []; // delivered again after a confirmed acknowledgement
  redelivered = 0;

  /** Consumes until drained, acknowledging each event. */
  async consume(consumer: Consumer<string>): Promise<void> {
    await consumer.run(async (event) => {
      if (this.acknowledged.has(event.id)) this.afterAck.push(event.id);
      if (event.attempt > 1) this.redelivered++;
      this.ids.call(event.id);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (await event.ack()) this.acknowledged.add(event.id);
    });
  }
}

/** Processes events during a failure: none may be lost, and none delivered again after it was acknowledged. */
async function survives(port: number, fail: () => Promise<void>): Promise<void> {
  const addresses = `127.0.0.1:${port}`;
  await using producer = new Producer({ addresses, codec: text });
  const ids = await producer.pushAll("q", Array.from({ length: EVENTS }, (_, i) => `${i}`), { id: (value) => value });
  const deliveries = new Deliveries();
  const options = { addresses, queues: "q", codec: text, leaseMs: LEASE_MS, onError: () => {} };
  await using consumer = new Consumer({ ...options, concurrency: 20, retryDelayMs: 10 });
  const consuming = deliveries.consume(consumer);
  await deliveries.ids.reached(EVENTS / 3);
  await fail();
  await eventually(async () => {
    await using wire = await connect({ hostname: "127.0.0.1", port });
    assert.equal(await totalOf(wire, "q"), 0);
  });
  await consumer.close();
  await consuming;
  assert.deepEqual(new Set(deliveries.ids.all), new Set(ids));
  assert.deepEqual(deliveries.afterAck, []);
  assert.ok(
    deliveries.acknowledged.size > EVENTS * 0.9,
    `only ${deliveries.acknowledged.size} acknowledgements were confirmed`,
  );
}

function startOkq(store: string, port: number): Program {
  const permissions = ["--allow-net", "--allow-read", "--allow-write"];
  return startServer(store, ["--listen-addr", `127.0.0.1:${port}`, "--log-level", "error"], { permissions });
}

/** Ends okq by a signal and starts it again. */
async function survivesRestart(store: string, signal: Deno.Signal): Promise<void> {
  const port = freePort();
  await using first = startOkq(store, port);
  await first.addr();
  await using ends = new AsyncDisposableStack();
  await survives(port, async () => {
    first.kill(signal);
    await first.ended;
    await ends.use(startOkq(store, port)).addr();
  });
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  programTest(
    `A consumer loses no event, and receives none again after its ack, when okq ends by ${signal} and restarts (sqlite)`,
    async () => {
      await withFolder((folder) => survivesRestart(`sqlite:${folder}/okq.db`, signal));
    },
  );

  redisTest(
    `A consumer loses no event, and receives none again after its ack, when okq ends by ${signal} and restarts (redis)`,
    async () => {
      await using redis = await startRedis();
      await survivesRestart(redis.url, signal);
    },
  );
}

redisTest(
  "A consumer loses no event, and receives none again after its ack, when Redis is killed and restarts",
  async () => {
    await using redis = await startRedis({ durable: true });
    const port = freePort();
    await using okq = startOkq(redis.url, port);
    await okq.addr();
    await survives(port, () => redis.restart());
  },
);

for (const store of ["sqlite", "redis"]) {
  const declare = store === "sqlite" ? programTest : redisTest;
  declare(`The events of a killed consumer are delivered to another when their leases end (${store})`, async () => {
    await using ends = new AsyncDisposableStack();
    const url = store === "sqlite" ? "sqlite::memory:" : ends.use(await startRedis()).url;
    const okq = ends.use(startServer(url));
    const { hostname, port } = await okq.addr();
    const addresses = `${hostname}:${port}`;
    await using producer = new Producer({ addresses, codec: text });
    const ids = await producer.pushAll("q", Array(50).fill("x"));
    const main = "tests/system/stuck_consumer.ts";
    const stuck = ends.use(new Program([addresses, "q", "20"], { main }));
    await stuck.line(/^claimed all$/);
    await using wire = await connect({ hostname, port });
    assert.equal(await processingOf(wire, "q"), 20, "while it lives it renews their leases");
    stuck.kill("SIGKILL");
    assert.equal((await stuck.ended).signal, "SIGKILL");
    const deliveries = new Deliveries();
    await using consumer = new Consumer({ addresses, queues: "q", codec: text, concurrency: 10 });
    const consuming = deliveries.consume(consumer);
    await deliveries.ids.reached(50);
    await consumer.close();
    await consuming;
    assert.deepEqual(deliveries.ids.all.toSorted(), ids.toSorted());
    assert.equal(deliveries.redelivered, 20);
    assert.equal(await totalOf(wire, "q"), 0);
  });
}
