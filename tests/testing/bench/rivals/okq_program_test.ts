import { runProgram } from "../../../../testing/bench/rivals/run_program.ts";
import { startQuietOkq } from "../../../../testing/bench/systems.ts";
import { assert } from "../../../deps.ts";
import { TEST_MS } from "../../../support/limits.ts";
import { ROOT } from "../../../support/sources.ts";
import { connect } from "../../../support/wire.ts";

const WORKS = ["addOne", "process1", "add50", "process100"];

Deno.test({
  name: "okq_program.ts pushes and consumes in each way, and leaves the queue empty",
  timeout: TEST_MS,
  async fn() {
    await using okq = await startQuietOkq("sqlite::memory:");
    const { pathname } = new URL("testing/bench/rivals/okq_program.ts", ROOT);
    const args = [
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-net",
      pathname,
      `${okq.addr.port}`,
      "200",
      WORKS.join(","),
    ];
    const rates = JSON.parse(await runProgram(Deno.execPath(), args));
    assert.deepEqual(Object.keys(rates), WORKS);
    assert.ok(WORKS.every((work) => rates[work] > 0));
    await using wire = await connect(okq.addr);
    const [[, total, , , , , , , pushed, acked]] = await wire.command("QSTATS", "bench") as number[][];
    assert.deepEqual([total, pushed, acked], [0, 500, 500]);
  },
});
