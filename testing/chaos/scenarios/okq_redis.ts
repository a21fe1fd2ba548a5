import { delay } from "../../../core/util/async.ts";
import { onExit } from "../../../tests/support/on_exit.ts";
import { startRedisWithClock } from "../../../tests/support/redis_clock.ts";
import { Client } from "../../client.ts";
import { type OkqProcess, startOkq } from "../../okq_process.ts";
import type { Random } from "../../random.ts";
import { makeFolder, makeRedis } from "../../stores.ts";
import type { Chaos, Scenario } from "../scenario.ts";

/** Consumers of a killed instance are counted for up to 30 seconds, and one interval of the job that removes them. */
const EXPIRY_MS = 31_000;
const QUEUE = "registered";

/** Instances are killed, all but the first. */
export const okqRedis: Scenario = {
  name: "okq-redis",
  about: "Three instances on one Redis (appendfsync always); kill -9 of instances, one or two at once",
  async open(stack) {
    const redis = await makeRedis(stack, { durable: true });
    let expiry: Promise<void> | undefined;
    return {
      instances: Array.from({ length: 3 }, () => ({ store: redis.url, args: ["--store-timeout", "2"] })),
      async fault(chaos) {
        const { random, okqs: [, ...killable] } = chaos;
        const victims = random.chance(0.3) ? killable : [random.pick(killable)];
        // A short run has no time to wait for the expiry.
        const checkExpiry = expiry === undefined && chaos.seconds * 1000 >= EXPIRY_MS / 2;
        if (checkExpiry) await register(victims[0]);
        chaos.note(`kill -9 of ${victims.length} instances`);
        await Promise.all(victims.map((okq) => okq.kill()));
        if (checkExpiry) expiry = expectExpiry(chaos);
        await delay(random.between(0, 1000));
        await Promise.all(victims.map((okq) => okq.start()));
      },
      finish: () => expiry ?? Promise.resolve(),
    };
  },
};

/** Registers a consumer on an instance that is killed before the consumer disconnects. */
async function register(okq: OkqProcess): Promise<void> {
  const client = await Client.connect(okq.addr);
  await client.command("QREGISTER", QUEUE);
  setTimeout(() => client.close(), 500);
}

/** Waits, on the instance that is never killed, until the consumer is no longer counted. */
async function expectExpiry(chaos: Chaos): Promise<void> {
  const killedAt = performance.now();
  const elapsed = () => ((performance.now() - killedAt) / 1000).toFixed(1);
  await using client = await Client.connect(chaos.okqs[0].addr);
  let status = "";
  while (performance.now() < killedAt + EXPIRY_MS) {
    status = `${await client.command("QSTATUS", QUEUE)}`;
    if (status.endsWith(" consumers: 0")) {
      return chaos.note(`consumers of a killed instance were forgotten after ${elapsed()} s`);
    }
    await delay(100);
  }
  chaos.expect(false, `Consumers of a killed instance are still counted after ${elapsed()} s: ${status}`);
}

/** Longer than okq takes to push what is due, on any machine. */
const PUSHED_MS = 30_000;
const TIMETABLES = ["a", "b", "c"];

/**
 * Of instances beside those of the load, all are killed. The clock of their Redis is set from minute to minute; the ids
 * of events that were acknowledged are free, so a second push would be seen.
 */
export const timetables: Scenario = {
  name: "timetables",
  about: "Three instances push at each of faked minutes; kill -9 of one to three of them",
  async open(stack) {
    const load = await makeRedis(stack);
    const { redis, forward } = await startRedisWithClock(await makeFolder(stack));
    stack.use(redis);
    stack.defer(onExit(() => redis.killNow()));
    await forward(1);
    const start = async () => stack.use(await startOkq({ store: redis.url }));
    const okqs = await Promise.all(TIMETABLES.map(start));
    await using client = await Client.connect(okqs[0].addr);
    for (const name of TIMETABLES) await client.command("QCRON", "SET", "timetables", name, "* * * * *", "contents");
    const pushes = new Pushes();
    return {
      instances: [{ store: load.url }],
      async fault({ random, note, expect }) {
        const time = new Date(await forward(1)).toISOString().replace(".000Z", "Z");
        const victims = okqs.filter(() => random.chance(0.6));
        note(`${time}: kill -9 of ${victims.length} instances`);
        await delay(random.between(0, 900));
        await Promise.all(victims.map((okq) => okq.kill()));
        await delay(random.between(0, 500));
        await Promise.all(victims.map((okq) => okq.start()));
        const ids = TIMETABLES.map((name) => `${name}@${time}`);
        const missing = await pushes.take(okqs, random, ids);
        expect(missing.length === 0, `Events of timetables were not pushed: ${missing}`);
      },
      async finish({ expect, random }) {
        await pushes.take(okqs, random, []);
        expect(pushes.repeated.length === 0, `Events of timetables were pushed again: ${pushes.repeated}`);
      },
    };
  },
};

/** The pushes that a consumer has seen. The stamp in a receipt tells one from another of the same id. */
class Pushes {
  readonly #byId = new Map<string, Set<string>>();

  /** The ids that were pushed more than once. */
  get repeated(): string[] {
    return [...this.#byId].filter(([, stamps]) => stamps.size > 1).map(([id]) => id);
  }

  /** Takes events until these ids are among them and no others are left. Resolves to the ids that are missing. */
  async take(okqs: OkqProcess[], random: Random, ids: string[]): Promise<string[]> {
    const until = performance.now() + PUSHED_MS;
    const missing = () => ids.filter((id) => !this.#byId.has(id));
    do {
      await using client = await Client.connect(random.pick(okqs).addr);
      const command = ["QCLAIM", "COUNT", "10", "EX", "600000", "BLOCK", "1", "QUEUES", "timetables"];
      const rows = await client.command(...command) as string[][] | null | undefined;
      for (const [queue, id, , , receipt] of rows ?? []) {
        if (!this.#byId.has(id)) this.#byId.set(id, new Set());
        this.#byId.get(id)!.add(receipt.split("-")[0]);
        await client.command("QACK", queue, id, "RECEIPT", receipt);
      }
      if (!rows?.length && missing().length === 0) break;
    } while (performance.now() < until);
    return missing();
  }
}
