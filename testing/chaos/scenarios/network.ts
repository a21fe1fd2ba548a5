import { delay } from "../../../core/util/async.ts";
import type { Random } from "../../random.ts";
import { makeRedis } from "../../stores.ts";
import { FaultProxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

/** In seconds. */
const STORE_TIMEOUT = 1;

/** Each resolves when bytes flow again. */
const FAULTS: Record<string, (proxy: FaultProxy, random: Random) => Promise<void>> = {
  "cut": (proxy) => Promise.resolve(proxy.cut()),
  "cut within a reply": (proxy, random) => proxy.cutAfter(random.between(1, 3000)),
  async "cut, and refused for a while"(proxy, random) {
    proxy.refuse(true);
    proxy.cut();
    await delay(random.between(100, STORE_TIMEOUT * 2500));
    proxy.refuse(false);
  },
  async "held both ways for a while"(proxy, random) {
    proxy.hold("requests", "replies");
    await delay(random.between(100, STORE_TIMEOUT * 2500));
    proxy.release();
  },
  async "held both ways beyond the store timeout, then cut"(proxy) {
    proxy.hold("requests", "replies");
    await delay(STORE_TIMEOUT * 2500);
    proxy.cut();
    proxy.release();
  },
  async "replies held for a while"(proxy, random) {
    proxy.hold("replies");
    await delay(random.between(100, STORE_TIMEOUT * 2500));
    proxy.release();
  },
  async "replies held, then cut"(proxy, random) {
    proxy.hold("replies");
    await delay(random.between(20, 500));
    proxy.cut();
    proxy.release();
  },
};

/** The network between okq and Redis fails, for one instance or for both. */
export const network: Scenario = {
  name: "network",
  about: "Two instances, each with a proxy of its own to one Redis; connections are cut, held and refused",
  async open(stack) {
    const { port } = await makeRedis(stack, { durable: true });
    const proxies = Array.from({ length: 2 }, () => stack.use(new FaultProxy({ hostname: "127.0.0.1", port })));
    const args = ["--store-timeout", `${STORE_TIMEOUT}`];
    return {
      instances: proxies.map(({ addr }) => ({ store: `redis://127.0.0.1:${addr.port}`, args })),
      async fault({ random, stalls, note }) {
        const victims = random.chance(0.4) ? proxies : [random.pick(proxies)];
        const kind = random.pick(Object.keys(FAULTS));
        note(`${victims.length} of 2 networks: ${kind}`);
        const fail = () => Promise.all(victims.map((proxy) => FAULTS[kind](proxy, random)));
        if (victims.length === proxies.length) await stalls.outage(fail);
        else await stalls.outageOf([], fail); // the other instance serves every queue
      },
    };
  },
};
