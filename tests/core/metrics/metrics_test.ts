import { Metrics } from "../../../core/metrics/metrics.ts";
import { assert } from "../../deps.ts";

function spin(): void {
  for (const since = performance.now(); performance.now() - since < 1;);
}

Deno.test("Metrics reads the clock once for all that is received in one round of microtasks", async () => {
  const metrics = new Metrics([]);
  metrics.countReceived(1);
  const first = metrics.now;
  spin();
  metrics.countReceived(2);
  assert.equal(metrics.now, first);
  await Promise.resolve();
  metrics.countReceived(3);
  assert.ok(metrics.now > first);
  assert.equal(metrics.received, 6);
});
