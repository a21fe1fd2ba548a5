import { delay } from "../../../core/util/async.ts";
import { makeFolder } from "../../stores.ts";
import type { Scenario } from "../scenario.ts";

/** The only process that uses the file is killed. */
export const sqlite: Scenario = {
  name: "sqlite",
  about: "One instance with the embedded store; kill -9 and restart",
  async open(stack) {
    const folder = await makeFolder(stack);
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    return {
      instances: [{ store: `sqlite:${folder}/okq.db`, permissions }],
      async fault({ random, okqs: [okq], stalls, note }) {
        note("kill -9");
        await stalls.outage(async () => {
          await okq.kill();
          await delay(random.between(0, 500));
          await okq.start();
        });
      },
    };
  },
};
