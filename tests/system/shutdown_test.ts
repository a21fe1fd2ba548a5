import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { type Addr, connect, type Wire } from "../support/wire.ts";

const PRODUCERS = 900;
const WAITERS = 100;
/** Answers after which the server is told to stop. */
const ENOUGH = 4000;
const QUEUE = "busy";
/** Pushes that each producer sends before it reads their answers. */
const AHEAD = 4;
/** A slow store leaves no NOBLOCK without its place. */
const ROOM = ["--max-noblock-pushes", `${PRODUCERS * AHEAD}`];
/** Events taken at a time when it is over. */
const POPS = 500;

/** What producers were told, by the id of the event. */
interface Told {
  stored: Set<string>;
  others: string[];
}

/** Pushes pipelines of events until the server closes the connection. Resolves to the bytes behind the last whole answer. */
async function produce(wire: Wire, name: number, told: Told): Promise<string> {
  let next = 0;
  while (true) {
    const ids = Array.from({ length: AHEAD }, () => `${name}-${next++}`);
    const noblock = next % (2 * AHEAD) === 0 ? ["NOBLOCK"] : [];
    try {
      for (const id of ids) await wire.send("QLPUSH", QUEUE, id, "contents", ...noblock);
    } catch {
      // The server has closed; what it said before is still there to be read.
    }
    for (const id of ids) {
      const answer = await wire.readLine().catch(() => null);
      if (answer === null) return await wire.closed();
      if (answer === "+OK") told.stored.add(id);
      else told.others.push(answer);
    }
  }
}

/** Stops a server with 1,000 busy connections, and looks at what its store holds then. */
async function stopWhileBusy(store: string, permissions: string[]): Promise<void> {
  const told: Told = { stored: new Set(), others: [] };
  {
    await using server = startServer(store, ROOM, { permissions });
    const addr = await server.addr();
    await using closing = new AsyncDisposableStack();
    const open = async () => closing.use(await connect(addr));
    const waiting = [];
    for (let i = 0; i < WAITERS; i++) {
      const waiter = await open();
      await waiter.command("QREGISTER", "nothing ever comes");
      await waiter.send("QNOTIFY", "600");
      waiting.push(waiter.closed());
    }
    // All connect before one of them pushes: those that push leave little time for connecting.
    const producers = [];
    for (let i = 0; i < PRODUCERS; i++) producers.push(await open());
    const producing = producers.map((wire, i) => produce(wire, i, told));
    await eventually(() => told.stored.size >= ENOUGH, 30_000);
    server.kill("SIGTERM");
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["$-1\r\n"]), "waiters are told nil, and no more");
    assert.deepEqual(new Set(await Promise.all(producing)), new Set([""]), "no reply is cut in the middle");
    const { code, stderr } = await server.ended;
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(new Set(told.others), new Set());
  await using next = startServer(store, [], { permissions });
  const held = await idsOf(await next.addr());
  assert.deepEqual([...told.stored].filter((id) => !held.has(id)), [], "every OK is true, NOBLOCK or not");
}

/** The ids of all events of the queue. */
async function idsOf(addr: Addr): Promise<Set<string>> {
  await using wire = await connect(addr);
  const ids = new Set<string>();
  while (true) {
    await wire.raw(`QRPOP ${QUEUE} NOACK\r\n`.repeat(POPS));
    for (let i = 0; i < POPS; i++) {
      const event = await wire.shown() as [string, string] | null;
      if (event !== null) ids.add(event[0]);
      else if (i === POPS - 1) return ids;
    }
  }
}

programTest("A server with 1,000 busy connections stops without cutting or losing anything (sqlite)", async () => {
  await withFolder((folder) =>
    stopWhileBusy(`sqlite:${folder}/okq.db`, ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`])
  );
});

redisTest("A server with 1,000 busy connections stops without cutting or losing anything (redis)", async () => {
  await using redis = await startRedis();
  await stopWhileBusy(redis.url, ["--allow-net"]);
});

programTest(
  "What is not finished within --shutdown-timeout is cut off, and the log and the exit code say so",
  async () => {
    await using server = startServer("sqlite::memory:", ["--shutdown-timeout", "0.5"]);
    const addr = await server.addr();
    await using greedy = await connect(addr);
    await using other = await connect(addr);
    (async () => {
      for (let i = 0; i < 1000; i++) await greedy.send("ECHO", "x".repeat(100_000));
    })().catch(() => {});
    await eventually(async () => assert.match(`${await other.command("CLIENT", "LIST")}`, /cmd=echo/));
    assert.equal(await other.command("QLPUSH", "q", "id", "contents"), "+OK");
    server.kill("SIGTERM");
    const { code, stderr } = await server.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /error Shutdown exceeded --shutdown-timeout, cutting off what is left .*connections=\d/);
  },
);

redisTest("A NOBLOCK event that cannot be stored in time is named in the log, and the exit code says so", async () => {
  await using redis = await startRedis();
  await using server = startServer(redis.url, ["--shutdown-timeout", "0.5", "--store-timeout", "60"]);
  await using client = await connect(await server.addr());
  assert.equal(await client.command("QLPUSH", "q", "0", "contents"), "+OK");
  redis.pause();
  assert.equal(await client.command("QLPUSH", "q", "lost one", "contents", "NOBLOCK"), "+OK");
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /error NOBLOCK push lost .*id="lost one"/);
  redis.resume();
});
