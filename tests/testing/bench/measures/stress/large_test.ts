import { LoadClient } from "../../../../../testing/bench/load/load_client.ts";
import { largeStates } from "../../../../../testing/bench/load/large/states.ts";
import { endureLarge } from "../../../../../testing/bench/measures/stress/large.ts";
import { assert } from "../../../../deps.ts";
import { TEST_MS } from "../../../../support/limits.ts";

/** Share of the events, and seconds; `deno task hostile` has all of them, and judges times and memory too. */
const SCALE = 0.02;
const SECONDS = 1;

for (const [index, state] of largeStates(SCALE, SECONDS).entries()) {
  Deno.test({
    name: `No event is lost, and every client gets its replies, beside ${state.phases.map(({ name }) => name)}`,
    ignore: Deno.build.os !== "linux",
    timeout: TEST_MS,
    sanitizeOps: false, // the threads of the clients end later
    sanitizeResources: false,
    async fn() {
      using client = new LoadClient();
      const results = await endureLarge({ client, note: () => {} }, "okq sqlite", {
        index,
        scale: SCALE,
        seconds: SECONDS,
      });
      const failures = results.flatMap(({ failures }) => failures).filter((failure) => !/p99|MiB|late/.test(failure));
      assert.deepEqual(failures, []);
    },
  });
}
