import { assert } from "../deps.ts";
import { withFolder } from "../support/programs.ts";
import { Driver } from "./driver.ts";
import { anyBytes, errors, isHasty, life, open, pipeline, reconnects, waits } from "./life.ts";
import { startOkq, stopOkq } from "./okq.ts";
import { type Variant, variants } from "./variants.ts";
import { TEST_MS } from "../support/limits.ts";

/** A client of its own that waits in QNOTIFY, then ends. */
async function waiting(variant: Variant, port: number, set: boolean): Promise<void> {
  const { client, cwd } = variant;
  await using driver = new Driver(await variant.command(client.timeout?.flags), cwd);
  await open(client, driver, port, set);
  await waits(client, driver, set);
}

/** The lines that a driver has written beside answers, but for those that are to be expected. */
function unasked(driver: Driver, expected?: RegExp): string[] {
  return driver.said.split("\n").filter((line) => line !== "" && !expected?.test(line));
}

async function test(t: Deno.TestContext, variant: Variant, folder: string): Promise<void> {
  const { client, cwd } = variant;
  const step = async (name: string, fn: () => Promise<void>) => {
    assert.ok(await t.step({ name, sanitizeOps: false, sanitizeResources: false, fn }), name);
  };
  await using okq = startOkq(folder);
  const { port } = await okq.addr();
  // These take their time while the other steps go on.
  const asItComes = waiting(variant, port, false);
  const asSet = waiting(variant, port, true);
  const all = Promise.allSettled([asItComes, asSet]);
  try {
    await using driver = new Driver(await variant.command(), cwd);
    await step("connects in silence", async () => {
      assert.equal(await driver.ask("version"), client.version);
      await open(client, driver, port, false);
      assert.deepEqual(unasked(driver, isHasty(client) ? /timed? ?out/i : undefined), []);
    });
    await step("takes an event through its life", () => life(client, driver));
    if (isHasty(client)) await open(client, driver, port, true);
    await step("is told of errors in its own way", () => errors(client, driver));
    await step("sends and receives any bytes", () => anyBytes(client, driver));
    await step("pipelines 1,000 commands", () => pipeline(client, driver));
    await step("waits in QNOTIFY as its default read timeout allows", () => asItComes);
    await step("waits in QNOTIFY for longer when it is set so", () => asSet);
    await step("goes on after the server restarts", async () => {
      if (client.reconnects === "open-set") await open(client, driver, port, true);
      assert.equal(await driver.ask("call", "QLPUSH", "kept", "1", "one"), "OK");
      assert.equal(await driver.ask("call", "QREGISTER", "kept"), "OK");
      await stopOkq(okq);
      await using again = startOkq(folder, port);
      await again.addr();
      await reconnects(client, driver);
      assert.equal(await driver.end(), 0);
      await stopOkq(again);
    });
    await step("has written nothing by itself", () => {
      assert.deepEqual(unasked(driver, client.says), []);
      return Promise.resolve();
    });
  } finally {
    await all;
  }
}

for (const variant of await variants()) {
  const { name, lacking } = variant;
  Deno.test({
    name: lacking === undefined ? name : `${name} (skipped: ${lacking})`,
    ignore: lacking !== undefined,
    sanitizeOps: true,
    sanitizeResources: true,
    timeout: TEST_MS,
    fn: (t) => withFolder((folder) => test(t, variant, folder)),
  });
}
