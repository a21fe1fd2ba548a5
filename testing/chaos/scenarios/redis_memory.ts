import { type RedisAddr, sendToRedis } from "../../../tests/support/redis_command.ts";
import { eventually } from "../../../tests/support/eventually.ts";
import { Client, outcomeOf } from "../../client.ts";
import { makeRedis } from "../../stores.ts";
import type { Chaos, Scenario } from "../scenario.ts";

/** In seconds, as all lengths of leases and delays. */
const STORE_TIMEOUT = "2";
const SHORT = "0.3";
const LONG = "60";
/** Everything that ends while there is no room must have come back by then. */
const RETURN_MS = 15_000;
/** Held events are renewed every ten seconds. A shorter run does not wait for it. */
const RENEWAL_MS = 20_000;

/** In the order of the commands that settle them; all but the first two come back. */
const SETTLED = ["acked", "touched", "nacked", "nacked for later", "redone"];

/** Redis refuses writes that need memory, and takes them again. */
export const redisMemory: Scenario = {
  name: "redis-memory",
  about: "Two instances on one Redis (appendfsync always) that is at maxmemory, with noeviction, again and again",
  async open(stack) {
    const redis = await makeRedis(stack, { durable: true });
    const done = new Map<string, number>();
    let renewed = false;
    return {
      instances: Array.from({ length: 2 }, () => ({ store: redis.url, args: ["--store-timeout", STORE_TIMEOUT] })),
      async fault(chaos) {
        if (chaos.random.chance(0.5)) return await chaos.stalls.outage(() => alternate(redis, chaos));
        const waitForRenewal = !renewed && chaos.seconds * 1000 > RENEWAL_MS;
        renewed ||= waitForRenewal;
        const events = await claimEvents(chaos);
        await chaos.stalls.outage(async () => {
          await setRoom(redis, false);
          chaos.note("no room");
          for (const what of await events.settle(waitForRenewal)) done.set(what, (done.get(what) ?? 0) + 1);
          await setRoom(redis, true);
        });
        chaos.note("room again");
      },
      finish({ note }) {
        note(`without room: ${[...done].map(([what, times]) => `${what} ${times}`).join(", ")}`);
        return Promise.resolve();
      },
    };
  },
};

async function setRoom(redis: RedisAddr, room: boolean): Promise<void> {
  await sendToRedis(redis, "CONFIG", "SET", "maxmemory", room ? "0" : "1");
}

/** Of calls that are in flight together, some find room. */
async function alternate(redis: RedisAddr, { random, note }: Chaos): Promise<void> {
  note("no room and room, alternately");
  await using client = await Client.connect({ hostname: "127.0.0.1", port: redis.port });
  const end = performance.now() + random.between(200, 1500);
  while (performance.now() < end) {
    for (const max of ["1", "0"]) await client.command("CONFIG", "SET", "maxmemory", max);
  }
}

/** Claims events, each named by what happens to it when there is no room. */
async function claimEvents({ okqs, random, expect }: Chaos) {
  const { addr } = random.pick(okqs);
  const queue = `room-${crypto.randomUUID()}`;
  const [client, holder] = [await Client.connect(addr), await Client.connect(addr)];
  const receipts = new Map<string, string>();

  const push = async (id: string, ...options: string[]) => {
    const answer = await client.command("QLPUSH", queue, id, "x", ...options);
    expect(answer === "+OK", `A push is answered ${answer} although there is room`);
  };
  const claim = async (from: Client, ...options: string[]) => {
    const answer = await from.command("QCLAIM", ...options, "QUEUES", queue);
    const rows = Array.isArray(answer) ? answer as unknown[][] : [];
    const claimed = rows.map((row) => row.map(String));
    for (const [, id, , , receipt] of claimed) receipts.set(id, receipt);
    return claimed.map(([, id]) => id);
  };
  const settle = (id: string, command: string, ...options: string[]) => [
    ...[command, queue, id, ...options, "RECEIPT", receipts.get(id) ?? ""],
  ];

  for (const id of SETTLED) {
    await push(id);
    await claim(client, "EX", LONG);
  }
  for (const id of ["held", "hold ended"]) {
    await push(id);
    await claim(id === "held" ? client : holder, "HOLD");
  }
  await push("lease ended");
  await claim(client, "EX", SHORT);
  await push("delayed", "DELAY", SHORT);

  /** A lease that is renewed has more time left than before. */
  let leftMs = Infinity;
  const isRenewed = async () => {
    const before = leftMs;
    const [, rows] = await client.command("QLIST", queue, "STATE", "processing") as [string, unknown[][]];
    leftMs = Number(rows.find(([id]) => id === "held")![5]);
    return leftMs > before;
  };

  return {
    /** Returns what went as it should. */
    async settle(waitForRenewal: boolean): Promise<string[]> {
      await using _closing = client;
      await using other = await Client.connect(addr);
      const pushed = other.command("QLPUSH", queue, "pushed", "x");
      const answers = await client.pipeline([
        settle("acked", "QACK"),
        settle("touched", "QTOUCH", "EX", LONG),
        settle("nacked", "QNACK", "DELAY", "0"),
        settle("nacked for later", "QNACK", "DELAY", SHORT),
        settle("redone", "QACK", "REDO"),
      ]);
      for (const [i, answer] of answers.entries()) {
        const slow = outcomeOf(answer) === "unknown";
        expect(answer === 1 || slow, `${SETTLED[i]} is answered ${answer} without room`);
      }
      const done: string[] = SETTLED.filter((_, i) => answers[i] === 1);
      holder.close();
      const returning = new Set([
        "lease ended",
        "hold ended",
        "delayed",
        ...done.filter((id) => SETTLED.indexOf(id) > 1),
      ]);
      const returned: string[] = [];
      for (const end = performance.now() + RETURN_MS; returning.size > 0 && performance.now() < end;) {
        for (const id of await claim(client, "COUNT", "8", "BLOCK", "0.2")) {
          if (returning.delete(id)) returned.push(`${id} came back`);
        }
      }
      if (waitForRenewal) {
        const renewed = await eventually(isRenewed, RENEWAL_MS).then(() => true, () => false);
        if (renewed) done.push("hold renewed");
        expect(renewed, "A hold is not renewed without room");
      }
      for (const id of returning) expect(false, `${id} does not come back without room`);
      // A push that shares a call with a command that makes room is not refused.
      const outcome = outcomeOf(await pushed);
      expect(outcome === "nothing done" || outcome === "done", `A push without room has the outcome: ${outcome}`);
      return [...done, ...returned, ...outcome === "nothing done" ? ["push refused"] : []];
    },
  };
}
