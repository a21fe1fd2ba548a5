import { onExit } from "../../../tests/support/on_exit.ts";
import { startRedis } from "../../../tests/support/redis_server.ts";
import { Client, sleep } from "../../client.ts";
import type { Okq } from "../../okq_process.ts";
import type { Chaos, Scenery } from "../scenario.ts";

/** How long the consumers of an instance may count that has been killed, in milliseconds, with the reclaimer's pace. */
const FORGOTTEN_MS = 31_000;
const GHOST = "ghost";

/** Instances are killed, but the first, which lives through it all. */
export const okqRedis: Scenery = {
  name: "okq-redis",
  about: "Three instances on one Redis (appendfsync always); kill -9 of instances, one or two at once",
  async open(stack) {
    const redis = stack.use(await startRedis({ durable: true }));
    stack.defer(onExit(() => redis.killNow()));
    let forgotten: Promise<void> | undefined;
    return {
      instances: Array.from({ length: 3 }, () => ({ store: redis.url, args: ["--store-timeout", "2"] })),
      async fault(chaos) {
        const { random, okqs: [, ...mortal] } = chaos;
        const victims = random.chance(0.3) ? mortal : [random.pick(mortal)];
        const haunting = forgotten === undefined && chaos.seconds * 1000 >= FORGOTTEN_MS / 2;
        if (haunting) await haunt(victims[0]);
        chaos.note(`kill -9 of ${victims.length} instances`);
        await Promise.all(victims.map((okq) => okq.kill()));
        if (haunting) forgotten = seeForgotten(chaos);
        await sleep(random.between(0, 1000));
        await Promise.all(victims.map((okq) => okq.start()));
      },
      finish: () => forgotten ?? Promise.resolve(), // a short run does not wait for it
    };
  },
};

/** Registers a consumer that will never say that it has gone. */
async function haunt(okq: Okq): Promise<void> {
  const client = await Client.connect(okq.addr);
  await client.one("QREGISTER", GHOST);
  setTimeout(() => client.close(), 500); // the instance is killed before
}

/** Looks through the instance that lives. */
async function seeForgotten(chaos: Chaos): Promise<void> {
  const killedAt = performance.now();
  await using client = await Client.connect(chaos.okqs[0].addr);
  let line = "";
  while (performance.now() < killedAt + FORGOTTEN_MS) {
    line = `${await client.one("QSTATUS", GHOST)}`;
    if (line.endsWith(" consumers: 0")) {
      return chaos.note(`Consumers of a killed instance were gone ${since(killedAt)} s after its end`);
    }
    await sleep(100);
  }
  chaos.expect(false, `Consumers of a killed instance still count ${since(killedAt)} s after its end: ${line}`);
}

function since(time: number): string {
  return ((performance.now() - time) / 1000).toFixed(1);
}
