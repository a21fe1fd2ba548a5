/** Large contents are read in pieces, and few do not wait for many. */
import { ContentsReader } from "../../../../store/redis/batching/contents_reader.ts";
import { openLink } from "../../../../store/redis/connection/connect.ts";
import type { Args, Link } from "../../../../store/redis/connection/link.ts";
import type { UnreadEvent } from "../../../../store/redis/script/operations.ts";
import { Buffer } from "../../../../deps.ts";
import { StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { redisTest } from "../../../support/programs.ts";
import { startCluster } from "../../../support/redis_cluster.ts";
import { startRedis } from "../../../support/redis_server.ts";
import { bytes } from "../../contract/suite.ts";

const STEP = 512 * 1024;

interface Fixture {
  reader: ContentsReader;
  /** Commands of each step. */
  steps: Args[][];
  stored(size: number, isRemoved?: boolean): Promise<UnreadEvent>;
  /** The next step fails. */
  fail(): void;
}

function withReader(name: string, body: (fixture: Fixture) => Promise<void>): void {
  redisTest(name, async () => {
    await using redis = await startRedis();
    const link = await openLink(redis.url, { timeoutMs: 60_000, report: () => {} });
    const steps: Args[][] = [];
    let fails = false;
    let last = 0;
    const reader = new ContentsReader({
      batchers: 1,
      sendApart(key: string, commands: Args[]) {
        steps.push(commands);
        if (!fails) return link.send(key, commands);
        fails = false;
        return Promise.reject(new StoreUnavailable("the connection broke", true));
      },
    } as Link);
    const stored = async (size: number, isRemoved = false) => {
      const key = `contents ${++last}`;
      await link.send(key, [["SET", key, contentsOf(size)]]);
      return { event: { id: bytes(key), contents: bytes("") }, key: bytes(key), size, metaBytes: -1, isRemoved };
    };
    try {
      await body({ reader, steps, stored, fail: () => fails = true });
    } finally {
      link.close();
    }
  });
}

const contentsOf = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));

const names = (commands: Args[]) => commands.map(([name]) => name);

withReader("Contents are read in pieces of a bounded size, several small ones in a step", async (fixture) => {
  const { reader, steps, stored } = fixture;
  const large = await stored(2 * STEP + 1000);
  const small = [await stored(100_000), await stored(50_000)];
  assert.equal((await reader.read([large, ...small])).size, 0);
  for (const { event, size } of [large, ...small]) assert.deepEqual(Buffer.from(event.contents), contentsOf(size));
  assert.deepEqual(steps.map(names), [["GETRANGE"], ["GETRANGE"], ["GETRANGE", "GET", "GET"]]);
});

withReader("Few contents do not wait for many, and many are read in their order", async ({ reader, stored }) => {
  const done: string[] = [];
  const read = (name: string, unread: UnreadEvent[]) => reader.read(unread).then(() => done.push(name));
  const many = await Promise.all([stored(4 * STEP), stored(4 * STEP), stored(2000), stored(2000)]);
  await Promise.all([read("a", [many[0]]), read("b", [many[1]]), read("c", [many[2]]), read("d", [many[3]])]);
  assert.deepEqual(done, ["c", "d", "a", "b"]);
});

withReader("Contents that are gone are told, and those of removed events deleted", async ({ reader, stored }) => {
  const removed = await stored(STEP + 1, true);
  const lost = { ...await stored(2000), key: null };
  const gone = { ...await stored(3 * STEP), key: bytes("gone") };
  const there = await stored(2000);
  const absent = await reader.read([lost, gone, removed, there]);
  assert.deepEqual([...absent], [lost.event, gone.event]);
  assert.deepEqual(Buffer.from(removed.event.contents), contentsOf(STEP + 1));
  assert.deepEqual(Buffer.from(there.event.contents), contentsOf(2000));
  assert.deepEqual([...await reader.read([removed])], [removed.event]);
});

withReader("A step that fails fails its own events only", async ({ reader, stored, fail }) => {
  const [first, second] = [await stored(2 * STEP), await stored(2 * STEP)];
  fail();
  const results = await Promise.allSettled([reader.read([first]), reader.read([second])]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled"]);
  assert.deepEqual(Buffer.from(second.event.contents), contentsOf(2 * STEP));
  await reader.idle;
});

redisTest("Contents are read whether or not they have moved with their slot to another node of a Cluster", async () => {
  await using cluster = await startCluster();
  const link = await openLink(cluster.url, { timeoutMs: 60_000, report: () => {} });
  const unread = ["moved", "left", "moved and removed", "left and removed"].map((name) => ({
    event: { id: bytes(name), contents: bytes("") },
    key: bytes(`{slot} ${name}`),
    size: 2000,
    metaBytes: -1,
    isRemoved: /removed/.test(name),
  }));
  const keys = unread.map(({ key }) => `${Buffer.from(key)}`);
  for (const key of keys) await link.send(key, [["SET", key, contentsOf(2000)]]);
  const slot = `${await cluster.send(cluster.servers[0], "CLUSTER", "KEYSLOT", keys[0])}`;
  const from = await cluster.ownerOf(Number(slot));
  const to = (await cluster.masters()).find(({ id }) => id !== from.id)!;
  await cluster.send(to.server, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
  await cluster.send(from.server, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
  const moved = keys.filter((key) => /moved/.test(key));
  await cluster.send(from.server, "MIGRATE", "127.0.0.1", `${to.server.port}`, "", "0", "5000", "KEYS", ...moved);
  const gone = await new ContentsReader(link).read(unread);
  assert.deepEqual([...gone], []);
  for (const { event } of unread) assert.deepEqual(Buffer.from(event.contents), contentsOf(2000));
  assert.deepEqual(await Promise.all(keys.map((key) => link.send(key, [["EXISTS", key]]))), [[1], [1], [0], [0]]);
  link.close();
});
