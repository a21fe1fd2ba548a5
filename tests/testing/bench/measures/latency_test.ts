import { LoadClient } from "../../../../testing/bench/load/load_client.ts";
import { claiming } from "../../../../testing/bench/measures/latency.ts";
import { startQuietOkq } from "../../../../testing/bench/systems.ts";
import { assert } from "../../../deps.ts";
import { eventually } from "../../../support/eventually.ts";
import { TEST_MS } from "../../../support/limits.ts";
import { connect } from "../../../support/wire.ts";

const CONSUMERS = 4;

Deno.test({
  name: "Consumers with QCLAIM BLOCK receive and acknowledge what is pushed for them",
  ignore: Deno.build.os !== "linux",
  timeout: TEST_MS,
  sanitizeOps: false, // the thread of the client ends later
  sanitizeResources: false,
  async fn() {
    await using okq = await startQuietOkq("sqlite::memory:");
    using client = new LoadClient();
    const consumers = Array.from({ length: CONSUMERS }, claiming);
    const { length } = await client.latency({ port: okq.addr.port, consumers, rate: 100, seconds: 0.5 });
    assert.ok(length > 0);
    await using wire = await connect(okq.addr);
    const queues = consumers.map((_, i) => `latency-${i}`);
    await eventually(async () => { // the last acknowledgement may be on its way
      const rows = await wire.command("QSTATS", ...queues) as [queue: string, total: number][];
      assert.deepEqual(rows.map(([, total]) => total), queues.map(() => 0));
    });
  },
});
