import { onExit } from "../../../tests/support/on_exit.ts";
import { sleep } from "../../client.ts";
import type { Scenery } from "../scenario.ts";

/** The one process that owns the file is killed. */
export const sqlite: Scenery = {
  name: "sqlite",
  about: "One instance with the embedded store; kill -9 and restart",
  async open(stack) {
    const folder = await Deno.makeTempDir({ prefix: "okq_chaos_" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    stack.defer(onExit(() => Deno.removeSync(folder, { recursive: true })));
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    return {
      instances: [{ store: `sqlite:${folder}/okq.db`, permissions }],
      async fault({ random, okqs: [okq], stalls, note }) {
        note("kill -9");
        await stalls.outage(async () => {
          await okq.kill();
          await sleep(random.between(0, 500));
          await okq.start();
        });
      },
    };
  },
};
