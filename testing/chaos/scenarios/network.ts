import { onExit } from "../../../tests/support/on_exit.ts";
import { startRedis } from "../../../tests/support/redis_server.ts";
import { sleep } from "../../client.ts";
import type { Random } from "../../random.ts";
import { Relay } from "../proxy.ts";
import type { Scenery } from "../scenario.ts";

/** What commands are given to wait for the store, in seconds. */
const STORE_TIMEOUT = 1;

/** A fault of one relay, from its beginning until bytes flow again. */
const FAULTS: Record<string, (relay: Relay, random: Random) => Promise<void>> = {
  "cut": (relay) => Promise.resolve(relay.cut()),
  "cut within a reply": (relay, random) => relay.cutAfter(random.between(1, 3000)),
  async "cut, and turned away for a while"(relay, random) {
    relay.refuse(true);
    relay.cut();
    await sleep(random.between(100, STORE_TIMEOUT * 2500));
    relay.refuse(false);
  },
  async "held both ways for a while"(relay, random) {
    relay.hold("requests", "replies");
    await sleep(random.between(100, STORE_TIMEOUT * 2500));
    relay.release();
  },
  async "held both ways for too long, then cut"(relay) {
    relay.hold("requests", "replies");
    await sleep(STORE_TIMEOUT * 2500);
    relay.cut();
    relay.release();
  },
  async "replies held for a while"(relay, random) {
    relay.hold("replies");
    await sleep(random.between(100, STORE_TIMEOUT * 2500));
    relay.release();
  },
  async "replies held, then cut"(relay, random) {
    relay.hold("replies");
    await sleep(random.between(20, 500));
    relay.cut();
    relay.release();
  },
};

/** The way from okq to Redis fails, for one instance or for both. */
export const network: Scenery = {
  name: "network",
  about: "Two instances, each with a relay of its own to one Redis; connections are cut, stalled and turned away",
  async open(stack) {
    const redis = stack.use(await startRedis({ durable: true }));
    stack.defer(onExit(() => redis.killNow()));
    const relays = Array.from({ length: 2 }, () => stack.use(new Relay({ hostname: "127.0.0.1", port: redis.port })));
    const args = ["--store-timeout", `${STORE_TIMEOUT}`];
    return {
      instances: relays.map(({ addr }) => ({ store: `redis://127.0.0.1:${addr.port}`, args })),
      async fault({ random, stalls, note }) {
        const victims = random.chance(0.4) ? relays : [random.pick(relays)];
        const kind = random.pick(Object.keys(FAULTS));
        note(`${victims.length} of 2 ways to Redis: ${kind}`);
        const fail = () => Promise.all(victims.map((relay) => FAULTS[kind](relay, random)));
        if (victims.length === relays.length) await stalls.outage(fail);
        else await stalls.outageOf([], fail); // through the other instance everything goes on
      },
    };
  },
};
