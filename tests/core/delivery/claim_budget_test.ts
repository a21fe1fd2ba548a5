import { ClaimBudget } from "../../../core/delivery/claim_budget.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { redisTest } from "../../support/programs.ts";
import { startRedis } from "../../support/redis_server.ts";
import { serveForTest } from "../../support/stores.ts";
import { lineOf } from "../../support/waiting.ts";
import { connect, type Shown } from "../../support/wire.ts";

const MIB = 1024 * 1024;

Deno.test("ClaimBudget gives a claim half of what is left, and never less than 64 KiB", () => {
  const budget = new ClaimBudget(8 * MIB);
  const shares = Array.from({ length: 20 }, () => {
    const { share } = budget;
    budget.take(share);
    return share;
  });
  assert.deepEqual(shares.slice(0, 9), [...Array(7).fill(8 * MIB), 4 * MIB, 2 * MIB]);
  assert.equal(shares.at(-1), 64 * 1024);
  for (const share of shares) budget.free(share);
  assert.equal(budget.share, 8 * MIB);
});

Deno.test("ClaimBudget has room for two claims of any size", () => {
  const budget = new ClaimBudget(512 * MIB);
  assert.equal(budget.share, 512 * MIB);
});

redisTest("Claims of many clients at the same time bring no more than 64 MiB, and one event each", async () => {
  const clients = 20;
  const events = 200;
  await using redis = await startRedis();
  await using server = await serveForTest(redis.url);
  await using other = await connect(server.addr);
  for (let id = 0; id < events; id++) {
    assert.equal(await other.command("QLPUSH", "large", `${id}`, "x".repeat(MIB)), "+OK");
  }
  await using closing = new AsyncDisposableStack();
  const wires = await Promise.all(Array.from({ length: clients }, () => connect(server.addr)));
  for (const wire of wires) closing.use(wire);
  redis.pause();
  for (const wire of wires) await wire.send("QCLAIM", "COUNT", "1000", "EX", "600", "QUEUES", "large");
  for (const wire of wires) await eventually(async () => assert.match(await lineOf(other, wire), / cmd=qclaim /));
  redis.resume();
  const counts = [];
  for (const wire of wires) counts.push((await wire.shown() as Shown[]).length);
  const total = counts.reduce((sum, count) => sum + count);
  assert.ok(counts.every((count) => count >= 1), `${counts}`);
  assert.ok(total <= 64 + clients, `${counts}`);
  const again = await other.command("QCLAIM", "COUNT", "1000", "EX", "600", "QUEUES", "large") as Shown[];
  assert.ok(again.length >= 8, `${again.length} after all others were delivered`);
});
