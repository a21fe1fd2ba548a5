import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { type Addr, connect, type Wire } from "../support/wire.ts";

const PRODUCERS = 900;
const WAITERS = 100;
/** Pushes that are answered before the server is stopped. */
const MIN_STORED = 4000;
const QUEUE = "busy";
/** Pushes that each producer sends before it reads their replies. */
const PIPELINED = 4;
/** Options of the server: nothing is refused or cut off because the machine is slow. */
const OPTIONS = ["--max-noblock-pushes", `${PRODUCERS * PIPELINED}`, "--shutdown-timeout", "120"];
/** Events popped in one pipeline after the restart. */
const POPS = 500;

/** The replies that producers received. */
interface Replies {
  /** Ids of the events whose pushes were answered with OK. */
  stored: Set<string>;
  others: string[];
}

/** Pushes pipelines of events until the server closes the connection. Resolves to the bytes after the last complete reply. */
async function produce(wire: Wire, name: number, replies: Replies): Promise<string> {
  let next = 0;
  while (true) {
    const ids = Array.from({ length: PIPELINED }, () => `${name}-${next++}`);
    const noblock = next % (2 * PIPELINED) === 0 ? ["NOBLOCK"] : [];
    try {
      for (const id of ids) await wire.send("QLPUSH", QUEUE, id, "contents", ...noblock);
    } catch {
      // The server has closed the connection. Replies that it sent before can still be received.
    }
    for (const id of ids) {
      const reply = await wire.readLine().catch(() => null);
      if (reply === null) return await wire.closed();
      if (reply === "+OK") replies.stored.add(id);
      else replies.others.push(reply);
    }
  }
}

/** Stops a server with 1,000 busy connections, and checks that its store holds every event whose push was answered. */
async function stopWhileBusy(store: string, permissions: string[]): Promise<void> {
  const replies: Replies = { stored: new Set(), others: [] };
  {
    await using server = startServer(store, OPTIONS, { permissions });
    const addr = await server.addr();
    await using closing = new AsyncDisposableStack();
    const open = async () => closing.use(await connect(addr));
    const waiting = [];
    for (let i = 0; i < WAITERS; i++) {
      const waiter = await open();
      await waiter.command("QREGISTER", "empty");
      await waiter.send("QNOTIFY", "600");
      waiting.push(waiter.closed());
    }
    // All connect before the first one pushes.
    const producers = [];
    for (let i = 0; i < PRODUCERS; i++) producers.push(await open());
    const producing = producers.map((wire, i) => produce(wire, i, replies));
    await eventually(() => replies.stored.size >= MIN_STORED);
    server.kill("SIGTERM");
    assert.deepEqual(
      new Set(await Promise.all(waiting)),
      new Set(["$-1\r\n"]),
      "waiting clients receive nil and nothing else",
    );
    assert.deepEqual(new Set(await Promise.all(producing)), new Set([""]), "no reply is incomplete");
    const { code, stderr } = await server.ended;
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(new Set(replies.others), new Set());
  await using next = startServer(store, [], { permissions });
  const held = await idsOf(await next.addr());
  assert.deepEqual(
    [...replies.stored].filter((id) => !held.has(id)),
    [],
    "every push that was answered with OK is stored, with NOBLOCK or without",
  );
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

programTest(
  "A server with 1,000 busy connections stops without incomplete replies or lost events (sqlite)",
  async () => {
    await withFolder((folder) =>
      stopWhileBusy(`sqlite:${folder}/okq.db`, ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`])
    );
  },
);

redisTest("A server with 1,000 busy connections stops without incomplete replies or lost events (redis)", async () => {
  await using redis = await startRedis();
  await stopWhileBusy(redis.url, ["--allow-net"]);
});

programTest(
  "Connections that do not end within --shutdown-timeout are closed, and the log and the exit code say so",
  async () => {
    await using server = startServer("sqlite::memory:", ["--shutdown-timeout", "0.5"]);
    const addr = await server.addr();
    await using flooding = await connect(addr);
    await using other = await connect(addr);
    (async () => {
      for (let i = 0; i < 1000; i++) await flooding.send("ECHO", "x".repeat(100_000));
    })().catch(() => {});
    await eventually(async () => assert.match(`${await other.command("CLIENT", "LIST")}`, /cmd=echo/));
    assert.equal(await other.command("QLPUSH", "q", "id", "contents"), "+OK");
    server.kill("SIGTERM");
    const { code, stderr } = await server.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /error Shutdown exceeded --shutdown-timeout, cutting off what is left .*connections=\d/);
  },
);

redisTest(
  "A NOBLOCK event that cannot be stored before the shutdown ends is logged, and the exit code is 1",
  async () => {
    await using redis = await startRedis();
    await using server = startServer(redis.url, ["--shutdown-timeout", "0.5"]);
    await using client = await connect(await server.addr());
    assert.equal(await client.command("QLPUSH", "q", "0", "contents"), "+OK");
    redis.pause();
    assert.equal(await client.command("QLPUSH", "q", "lost one", "contents", "NOBLOCK"), "+OK");
    server.kill("SIGTERM");
    const { code, stderr } = await server.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /error NOBLOCK push lost .*id="lost one"/);
    redis.resume();
  },
);
