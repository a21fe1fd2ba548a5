import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { type Addr, connect } from "../support/wire.ts";

/** Pushes that are answered before the server is killed. */
const MIN_STORED = 1000;

/** Clients that push at once. */
const PRODUCERS = 4;

/** Pushes that each client sends before it reads a reply. */
const PIPELINED = 16;

/** Pushes until the connection is lost, and adds every id that was answered with OK to `stored`. */
async function pushUntilLost(addr: Addr, producer: number, stored: Set<string>): Promise<void> {
  await using client = await connect(addr);
  const push = (n: number) => client.send("QLPUSH", "q", `${producer}-${n}`, `contents ${producer}-${n}`);
  try {
    for (let n = 0; n < PIPELINED; n++) await push(n);
    for (let n = 0;; n++) {
      if (await client.shown() !== "+OK") break;
      stored.add(`${producer}-${n}`);
      await push(n + PIPELINED);
    }
  } catch {
    // The server was killed: what was not answered may be stored or not.
  }
}

/** Pushes with several clients, and kills the server meanwhile. Resolves to the ids of the pushes that were answered with OK. */
async function pushAndKill(store: string, permissions: string[]): Promise<Set<string>> {
  await using server = startServer(store, [], { permissions });
  const addr = await server.addr();
  const stored = new Set<string>();
  const producing = Array.from({ length: PRODUCERS }, (_, producer) => pushUntilLost(addr, producer, stored));
  await eventually(() => stored.size >= MIN_STORED);
  server.kill("SIGKILL");
  await Promise.all(producing);
  assert.equal((await server.ended).signal, "SIGKILL");
  return stored;
}

/** Pops all events. Resolves to their ids. Fails if one has other contents than were pushed, or is there twice. */
async function popAll(addr: Addr): Promise<Set<string>> {
  await using client = await connect(addr);
  const popped = new Set<string>();
  while (true) {
    const event = await client.command("QRPOP", "q", "NOACK") as [string, string] | null;
    if (event === null) return popped;
    const [id, contents] = event;
    assert.equal(contents, `contents ${id}`);
    assert.equal(popped.has(id), false, `${id} was there twice`);
    popped.add(id);
  }
}

async function checkAnsweredPushes(store: string, permissions: string[]): Promise<void> {
  const stored = await pushAndKill(store, permissions);
  await using server = startServer(store, [], { permissions });
  const popped = await popAll(await server.addr());
  assert.deepEqual([...stored].filter((id) => !popped.has(id)), []);
  assert.ok(popped.size <= stored.size + PRODUCERS * PIPELINED, `${popped.size} popped, ${stored.size} answered`);
}

/** Pops an event and kills the server. The event must be ready again through another server. */
async function checkLeasedEvent(store: string, permissions: string[]): Promise<void> {
  {
    await using server = startServer(store, [], { permissions });
    await using client = await connect(await server.addr());
    for (const id of ["leased", "other"]) await client.command("QLPUSH", "q", id, "contents");
    assert.deepEqual(await client.command("QRPOP", "q", "EX", "0.5"), ["leased", "contents"]);
    server.kill("SIGKILL");
    await server.ended;
  }
  await using server = startServer(store, [], { permissions });
  await using client = await connect(await server.addr());
  await eventually(async () => assert.deepEqual(await client.command("QRPEEK", "q"), ["leased", "contents"]));
  assert.deepEqual(await client.command("QSTATUS", "q"), ["q total: 2 processing: 0 consumers: 0"]);
}

for (
  const [what, check] of [["loses no push that was answered", checkAnsweredPushes], [
    "loses no event",
    checkLeasedEvent,
  ]] as const
) {
  redisTest(`A server that is killed ${what} (redis)`, async () => {
    await using redis = await startRedis();
    await check(redis.url, ["--allow-net"]);
  });

  programTest(`A server that is killed ${what} (sqlite)`, async () => {
    await withFolder(async (folder) => {
      await check(`sqlite:${folder}/okq.db`, ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`]);
    });
  });
}

redisTest("The consumers of a server that is killed are removed", async () => {
  await using redis = await startRedis();
  await using killed = startServer(redis.url);
  await using observed = startServer(redis.url);
  await using consumer = await connect(await killed.addr());
  await using observer = await connect(await observed.addr());
  await consumer.command("QREGISTER", "q");
  assert.deepEqual(await observer.command("QSTATUS", "q"), ["q total: 0 processing: 0 consumers: 1"]);
  killed.kill("SIGKILL");
  await killed.ended;
  await eventually(async () => {
    assert.deepEqual(await observer.command("QSTATUS", "q"), ["q total: 0 processing: 0 consumers: 0"]);
    assert.deepEqual(await observer.command("QSTATUS"), []);
  });
});
