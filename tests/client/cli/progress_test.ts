import { progressBar } from "../../../client/cli/progress.ts";
import { assert } from "../../deps.ts";

Deno.test("progressBar shows share, count, rate and time left", () => {
  const quarter = "#####...............";
  assert.equal(progressBar(0, 2000, 0), `[${".".repeat(20)}]   0 %  0 of 2,000, 0/s`);
  assert.equal(progressBar(500, 2000, 10_000), `[${quarter}]  25 %  500 of 2,000, 50/s, 30 s left`);
  assert.equal(progressBar(500, 2000, 100_000), `[${quarter}]  25 %  500 of 2,000, 5/s, 5 min left`);
  assert.equal(progressBar(500, 2000, 5_000_000), `[${quarter}]  25 %  500 of 2,000, 0/s, 4 h left`);
  assert.equal(progressBar(1999, 2000, 1000), `[${"#".repeat(19)}.]  99 %  1,999 of 2,000, 1,999/s, 1 s left`);
  assert.equal(progressBar(2000, 2000, 1000), `[${"#".repeat(20)}] 100 %  2,000 of 2,000, 2,000/s, 0 s left`);
  assert.equal(progressBar(0, 0, 5), `[${"#".repeat(20)}] 100 %  0 of 0, 0/s`);
});
