import { assert } from "../deps.ts";
import { isNewEnough, lastLine, parseCounts } from "../run.ts";

Deno.test("parseCounts reads the summary of deno test with its colors", () => {
  const summary = "\x1b[0m\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed \x1b[0m\x1b[38;5;245m(2s)\x1b[0m\n\n";
  assert.deepEqual(parseCounts(`one ... ok\n\n${summary}`), { passed: 12, failed: 0, skipped: 0 });
});

Deno.test("parseCounts does not take failed steps for failed tests", () => {
  const summary = "FAILED | 2 passed (1 step) | 3 failed (5 steps) | 1 ignored | 4 filtered out (48ms)\n";
  assert.deepEqual(parseCounts(summary), { passed: 2, failed: 3, skipped: 1 });
});

Deno.test("parseCounts takes the last summary, not one that a test printed", () => {
  const output = "ok | 99 passed | 0 failed (1s)\nFAILED | 1 passed | 1 failed (1s)\n";
  assert.deepEqual(parseCounts(output), { passed: 1, failed: 1, skipped: 0 });
});

Deno.test("parseCounts finds no counts if no test ran", () => {
  assert.equal(parseCounts("error: Type checking failed.\n"), undefined);
});

Deno.test("lastLine names skipped tests only if there are some", () => {
  assert.equal(lastLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(lastLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
});

Deno.test("isNewEnough draws the line at Redis 6.2", () => {
  const line = (version: string) => `Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n`;
  assert.deepEqual(["5.0.14", "6.0.16", "6.2.0", "7.0.15", "8.2.1", "10.0.0"].map(line).map(isNewEnough), [
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
  assert.equal(isNewEnough(""), false);
});
