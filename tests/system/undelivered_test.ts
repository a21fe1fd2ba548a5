import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { fields } from "../support/fields.ts";
import { redisTest } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { type Fixture, forEachStore, serveForTest } from "../support/stores.ts";
import { lineOf } from "../support/waiting.ts";
import { connect, type Wire } from "../support/wire.ts";

const MIB = 1024 * 1024;
const EVENTS = 60;

/** The ids of whole replies of QCLAIM in what a client has received: the last one may be incomplete. */
function idsOf(received: string): string[] {
  const ids = [];
  const reply = /\*1\r\n\*5\r\n\$\d+\r\n[^\r]+\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\n(x+)\r\n:1\r\n\$\d+\r\n[^\r]+\r\n/y;
  for (let match = reply.exec(received); match; match = reply.exec(received)) ids.push(match[1]);
  return ids;
}

/** Pushes large events, and has a client claim all of them that reads nothing until it is disconnected. */
async function claimAndReadNothing(
  okq: Fixture,
  lease: string[],
  disconnect: (...args: [Wire, Wire, string]) => unknown,
) {
  const [client, other] = [await okq.connect(), await okq.connect()];
  const queue = okq.queue();
  for (let id = 0; id < EVENTS; id++) {
    assert.equal(await other.command("QLPUSH", queue, `${id}`, "x".repeat(MIB)), "+OK");
  }
  // Together, so that all are read before the client is disconnected: unread input would destroy what it may read yet.
  await client.sendTogether(...Array.from({ length: EVENTS }, () => ["QCLAIM", ...lease, "QUEUES", queue]));
  await eventually(async () => assert.match(await lineOf(other, client), / cmd=qclaim /));
  await disconnect(other, client, queue);
  await eventually(async () => assert.equal(await lineOf(other, client), ""));
  return { client, other, queue };
}

async function eventsOf(other: Wire, queue: string): Promise<Map<string, { state: unknown; attempts: unknown }>> {
  const events = new Map<string, { state: unknown; attempts: unknown }>();
  for (let id = 0; id < EVENTS; id++) {
    const { state, attempts } = fields(await other.command("QGET", queue, `${id}`));
    events.set(`${id}`, { state, attempts });
  }
  return events;
}

await forEachStore((store) => {
  const kill = async (other: Wire, client: Wire, queue: string) => {
    // Claims under way have been answered then. Their events would return after earlier ones, and be popped before them.
    await other.command("QPAUSE", queue);
    await other.command("CLIENT", "KILL", client.addr);
  };
  for (
    const [what, disconnect, options] of [
      ["killed", kill, {}],
      ["disconnected by --output-timeout", () => {}, { outputTimeoutMs: 200 }],
    ] as const
  ) {
    store.test(
      `Events whose delivery a client could not be sent before it was ${what} are ready again, without an attempt`,
      async (okq) => {
        const { client, other, queue } = await claimAndReadNothing(okq, ["EX", "600"], disconnect);
        const received = new Set(idsOf(await client.closed()));
        await eventually(async () => {
          const events = await eventsOf(other, queue);
          for (const [id, event] of events) {
            const expected = received.has(id) ? { state: "processing", attempts: 1 } : { state: "ready", attempts: 0 };
            assert.deepEqual(event, expected, id);
          }
        });
        assert.ok(received.size < EVENTS, "some were not received");
        assert.deepEqual((await other.command("QRPEEK", queue) as string[])[0], `${received.size}`, "in their order");
      },
      options,
    );
  }

  store.test(
    "Held events that a client was not sent are returned without an attempt, and others as failed",
    async (okq) => {
      const { client, other, queue } = await claimAndReadNothing(okq, ["HOLD"], () => {});
      const received = new Set(idsOf(await client.closed()));
      await eventually(async () => {
        for (const [id, event] of await eventsOf(other, queue)) {
          assert.deepEqual(event, { state: "ready", attempts: received.has(id) ? 1 : 0 }, id);
        }
      });
      assert.ok(received.size < EVENTS, "some were not received");
    },
    { outputTimeoutMs: 200 },
  );
});

redisTest("An event that is being claimed when its client is killed is ready again, without an attempt", async () => {
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url);
  await using other = await connect(server.addr);
  for (const lease of [["EX", "600"], ["HOLD"]]) {
    assert.equal(await other.command("QLPUSH", "jobs", "1", "contents"), "+OK");
    await using client = await connect(server.addr);
    await client.command("PING");
    redis.pause();
    await client.send("QCLAIM", ...lease, "QUEUES", "jobs");
    await eventually(async () => assert.match(await lineOf(other, client), / cmd=qclaim /));
    assert.equal(await other.command("CLIENT", "KILL", client.addr), "+OK");
    redis.resume();
    await eventually(async () => {
      const { state, attempts } = fields(await other.command("QGET", "jobs", "1"));
      assert.deepEqual({ state, attempts }, { state: "ready", attempts: 0 });
    });
    assert.equal(await other.command("QACK", "jobs", "1"), 1);
  }
});
