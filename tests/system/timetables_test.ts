import { Log } from "../../core/log.ts";
import type { Server } from "../../server.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { TEST_MS } from "../support/limits.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { cannotSetClock, minuteOf, secondsToMinute, startRedisWithClock } from "../support/redis_clock.ts";
import { serveForTest } from "../support/stores.ts";
import { connect, type Wire } from "../support/wire.ts";

const MINUTE_MS = 60_000;
const QUEUE = "jobs";

/** A store with a clock that a test sets. */
interface FakedClock {
  /** The value of `store` of servers. */
  url: string;
  /** Whether several servers may use the store. */
  isShared: boolean;
  /** Sets it forward to the fifth second of a minute, this number of minutes later. Resolves to the minute's beginning. */
  forward(minutes: number): Promise<number>;
}

/** Declares a test on both stores, each with a clock that it sets. */
function clockTest(name: string, body: (clock: FakedClock) => Promise<void>): void {
  Deno.test({
    name: `${name} (sqlite)`,
    timeout: TEST_MS,
    fn: () =>
      withFolder(async (folder) => {
        const realNow = Date.now;
        let offset = 0;
        Date.now = () => realNow() + offset;
        const forward = (minutes: number) => {
          offset += secondsToMinute(Date.now(), minutes) * 1000;
          return Promise.resolve(minuteOf(Date.now()));
        };
        try {
          await body({ url: `sqlite:${folder}/okq.db`, isShared: false, forward });
        } finally {
          Date.now = realNow;
        }
      }),
  });
  Deno.test({
    name: `${name} (redis${cannotSetClock && `, skipped: ${cannotSetClock}`})`,
    ignore: cannotSetClock !== "",
    timeout: TEST_MS,
    fn: () =>
      withFolder(async (folder) => {
        const { redis, forward } = await startRedisWithClock(folder);
        await using _redis = redis;
        await body({ url: redis.url, isShared: true, forward });
      }),
  });
}

const idOf = (name: string, minute: number) => `${name}@${new Date(minute).toISOString().replace(".000Z", "Z")}`;

/** Waits for an event, which must be the next. */
async function takes(client: Wire, id: string, contents = "contents"): Promise<void> {
  const claimed = await client.command("QCLAIM", "BLOCK", "60", "EX", "600000", "QUEUES", QUEUE) as string[][];
  assert.deepEqual(claimed[0].slice(0, 3), [QUEUE, id, contents]);
  assert.equal(await client.command("QACK", QUEUE, id), 1);
}

async function serveOn(stack: AsyncDisposableStack, url: string, lines: string[] = []): Promise<[Server, Wire]> {
  const log = new Log("warn", (line) => lines.push(line.replace(/^\S+ /, "").trimEnd()));
  const server = await serveForTest(url, { log });
  stack.defer(() => server.close());
  return [server, stack.use(await connect(server.addr))];
}

clockTest("Each time of a timetable has its event pushed once, whatever number of instances runs", async (clock) => {
  await using stack = new AsyncDisposableStack();
  await clock.forward(1);
  const [, client] = await serveOn(stack, clock.url);
  for (let i = 0; clock.isShared && i < 3; i++) await serveOn(stack, clock.url);
  await client.command("QCRON", "SET", QUEUE, "every", "* * * * *", "contents", "GROUP", "g", "META", "m");
  for (let i = 0; i < 5; i++) {
    const minute = await clock.forward(1);
    const [[, id, , , , meta, group]] = await client.command(
      ...["QCLAIM", "BLOCK", "60", "EX", "600000", "META", "QUEUES", QUEUE],
    ) as string[][];
    assert.deepEqual([id, meta, group], [idOf("every", minute), "m", "g"]);
    assert.equal(await client.command("QACK", QUEUE, id), 1);
  }
  // Acknowledged ids are free: a second push of one would be seen.
  assert.deepEqual(await client.command("QSTATUS", QUEUE), [`${QUEUE} total: 0 processing: 0 consumers: 0`]);
  const [[, , , , next, last]] = await client.command("QCRON", "LIST", QUEUE) as number[][];
  assert.ok(next > 0 && next <= MINUTE_MS && last >= 0 && last < MINUTE_MS);
});

clockTest("After a standstill the last time that was missed is made up for, and only that", async (clock) => {
  await clock.forward(1);
  {
    await using stack = new AsyncDisposableStack();
    const [, client] = await serveOn(stack, clock.url);
    await client.command("QCRON", "SET", QUEUE, "a", "* * * * *", "contents");
    await client.command("QCRON", "SET", QUEUE, "rare", "0 0 29 2 *", "contents");
    await takes(client, idOf("a", await clock.forward(1)));
  }
  const minute = await clock.forward(1000);
  await using stack = new AsyncDisposableStack();
  const [, client] = await serveOn(stack, clock.url);
  await takes(client, idOf("a", minute));
  await takes(client, idOf("a", await clock.forward(1)));
  assert.deepEqual(await client.command("QSTATUS", QUEUE), [`${QUEUE} total: 0 processing: 0 consumers: 0`]);
});

clockTest(
  "A time whose event is a duplicate, or for which the queue is full, is logged and passed over",
  async (clock) => {
    await using stack = new AsyncDisposableStack();
    const lines: string[] = [];
    const minute = await clock.forward(1);
    const [, client] = await serveOn(stack, clock.url, lines);
    const [duplicate, full] = [idOf("a", minute + MINUTE_MS), idOf("a", minute + 2 * MINUTE_MS)];
    await client.command("QCRON", "SET", QUEUE, "a", "* * * * *", "contents");
    await client.command("QLPUSH", QUEUE, duplicate, "own");
    const logged = async (time: string, reason: string) => {
      const fields = `queue="${QUEUE}" timetable="a" expression="* * * * *" zone=UTC time=${
        time.slice(2)
      } reason="${reason}"`;
      await eventually(() => assert.ok(lines.includes(`warn Passed over a time of a timetable ${fields}`), `${lines}`));
    };
    await clock.forward(1);
    await logged(duplicate, "the queue holds or remembers the id");
    await client.command("QCONFIG", "SET", QUEUE, "max-length", "1");
    await clock.forward(1);
    await logged(full, "the queue is full");
    await takes(client, duplicate, "own");
    await takes(client, idOf("a", await clock.forward(1)));
    assert.equal(lines.filter((line) => line.includes("Passed over")).length, 2);
  },
);

clockTest("Setting a timetable anew, with the same expression, misses no time that is due", async (clock) => {
  await clock.forward(1);
  {
    await using stack = new AsyncDisposableStack();
    const [, client] = await serveOn(stack, clock.url);
    await client.command("QCRON", "SET", QUEUE, "a", "*/1 * * * *", "old");
  }
  await using stack = new AsyncDisposableStack();
  const minute = await clock.forward(2);
  const [, client] = await serveOn(stack, clock.url);
  assert.equal(await client.command("QCRON", "SET", QUEUE, "a", "*/1 * * * *", "contents"), "+OK");
  const claimed = await client.command("QCLAIM", "BLOCK", "60", "EX", "600000", "QUEUES", QUEUE) as string[][];
  assert.equal(claimed[0][1], idOf("a", minute));
});

programTest("A timetable is kept through a restart of okq on an SQLite file", async () => {
  await withFolder(async (folder) => {
    const url = `sqlite:${folder}/okq.db`;
    const list = async () => {
      await using server = await serveForTest(url);
      await using client = await connect(server.addr);
      if ((await client.command("QCRON", "LIST") as unknown[]).length === 0) {
        await client.command("QCRON", "SET", QUEUE, "a", "0 0 29 2 *", "contents", "TZ", "Asia/Tokyo");
      }
      const [row] = await client.command("QCRON", "LIST") as unknown[][];
      return row.slice(0, 4);
    };
    assert.deepEqual(await list(), [QUEUE, "a", "0 0 29 2 *", "Asia/Tokyo"]);
    assert.deepEqual(await list(), [QUEUE, "a", "0 0 29 2 *", "Asia/Tokyo"]);
  });
});
