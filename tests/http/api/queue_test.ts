import { assert } from "../../deps.ts";
import { connect } from "../../support/wire.ts";
import { httpTest } from "../../support/http.ts";
import { PageClient } from "../../support/page_client.ts";
import { eventually } from "../../support/eventually.ts";

httpTest("/api/queue returns the values of QSTATS, policy and history", async (url, server) => {
  const page = new PageClient(url);
  await using client = await connect(server.addr);
  await client.command("QREGISTER", "q");
  await client.command("QCONFIG", "SET", "q", "max-attempts", "3");
  for (const id of ["1", "2", "3"]) await client.command("QLPUSH", "q", id, "contents");
  await client.command("QLPUSH", "q", "4", "contents", "DELAY", "600");
  await client.command("QRPOP", "q", "NOACK");
  await client.command("QRPOP", "q", "EX", "600");
  const { value } = await page.get("queue", { queue: "q" });
  const [stats] = await client.command("QSTATS", "q") as unknown[][];
  const names = [
    "queue",
    "total",
    "processing",
    "consumers",
    "ready",
    "delayed",
    "oldestMs",
    "paused",
    "pushed",
    "acked",
    "redelivered",
    "dead",
    "expired",
  ];
  for (const [i, name] of names.entries()) {
    if (name !== "oldestMs") assert.equal(name === "paused" ? Number(value[name]) : value[name], stats[i], name);
  }
  assert.ok(value.oldestMs <= Number(stats[6]));
  assert.deepEqual([value.policy.maxAttempts, value.deadQueue], [3, "q:dead"]);
  // A sample of a background job may be in the history that was taken before the last command.
  await eventually(async () => {
    const { value: { history } } = await page.get("queue", { queue: "q" });
    assert.equal(history.at(-1).ready, 1);
  });
});
