import { delay } from "../../../core/util/async.ts";
import { Client } from "../../client.ts";
import type { OkqProcess } from "../../okq_process.ts";
import { makeRedis } from "../../stores.ts";
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
