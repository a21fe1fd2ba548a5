import { assert } from "../deps.ts";
import { withFolder } from "../support/programs.ts";
import { Driver } from "./driver.ts";
import { anyBytes, errors, hasShortTimeout, life, open, pipeline, reconnects, waits } from "./life.ts";
import { startOkq } from "./okq.ts";
import { type Variant, variants } from "./variants.ts";
import { TEST_MS } from "../support/limits.ts";

/** Waits in QNOTIFY with a client of its own. */
async function waiting(variant: Variant, port: number, set: boolean): Promise<void> {
  const { client, cwd } = variant;
  await using driver = new Driver(await variant.command(client.timeout?.flags), cwd);
  await open(client, driver, port, set);
  await waits(client, driver, set);
}

/** The lines that a driver has written besides answers, without the expected ones. */
function unexpectedOutput(driver: Driver, expected?: RegExp): string[] {
  return driver.output.split("\n").filter((line) => line !== "" && !expected?.test(line));
}

async function test(t: Deno.TestContext, variant: Variant, folder: string): Promise<void> {
  const { client, cwd } = variant;
  const step = async (name: string, fn: () => Promise<void>) => {
    assert.ok(await t.step({ name, sanitizeOps: false, sanitizeResources: false, fn }), name);
  };
  await using okq = await startOkq(folder);
  const { port } = okq;
  // These wait while the other steps run.
  const waitingByDefault = waiting(variant, port, false);
  const waitingAsSet = waiting(variant, port, true);
  const all = Promise.allSettled([waitingByDefault, waitingAsSet]);
  try {
    await using driver = new Driver(await variant.command(), cwd);
    await step("connects without output", async () => {
      assert.equal(await driver.request("version"), client.version);
      await open(client, driver, port, false);
      assert.deepEqual(unexpectedOutput(driver, hasShortTimeout(client) ? /timed? ?out/i : undefined), []);
    });
    await step("pushes, pops and acknowledges an event", () => life(client, driver));
    if (hasShortTimeout(client)) await open(client, driver, port, true);
    await step("reports errors as its own type", () => errors(client, driver));
    await step("sends and receives any bytes", () => anyBytes(client, driver));
    await step("pipelines 1,000 commands", () => pipeline(client, driver));
    await step("waits in QNOTIFY as its default read timeout allows", () => waitingByDefault);
    await step("waits in QNOTIFY for longer when it is set so", () => waitingAsSet);
    await step("reconnects after the server restarts", async () => {
      if (client.reconnects === "open-set") await open(client, driver, port, true);
      assert.equal(await driver.request("call", "QLPUSH", "kept", "1", "one"), "OK");
      assert.equal(await driver.request("call", "QREGISTER", "kept"), "OK");
      await okq.stop();
      await using again = await startOkq(folder, port);
      await reconnects(client, driver);
      assert.equal(await driver.end(), 0);
      await again.stop();
    });
    await step("has written nothing unexpected", () => {
      assert.deepEqual(unexpectedOutput(driver, client.says), []);
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
