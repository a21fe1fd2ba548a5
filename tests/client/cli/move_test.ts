import { readMove } from "../../../client/cli.ts";
import { assert } from "../../deps.ts";
import { hostPort, totalOf } from "../../support/consuming.ts";
import { terminalTest } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { Terminal } from "../../support/terminal.ts";
import { connect } from "../../support/wire.ts";

const CLI = `${Deno.execPath()} run --no-prompt --no-check --allow-net client/cli.ts`;

terminalTest("cli move moves more than a step, shows a bar, and leaves what the destination holds", async () => {
  const server = await serveForTest("sqlite::memory:");
  try {
    await using wire = await connect(server.addr);
    const ids = Array.from({ length: 12_000 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id) => wire.command("QLPUSH", "q:dead", id, "x")));
    await wire.command("QLPUSH", "q", "7", "x");
    const to = `${CLI} --addr ${hostPort(server.addr)}`;
    await using first = new Terminal(`${to} move --count 11000 q:dead q`);
    await first.shows(`[${"#".repeat(20)}] 100 %  11,000 of 11,000, `);
    await first.shows("moved 11000 events");
    assert.equal(await first.ended, 0);
    await using second = new Terminal(`${to} move q:dead q`);
    await second.shows("999 of 1,000, ");
    await second.shows("moved 999 events");
    assert.deepEqual([await totalOf(wire, "q"), await totalOf(wire, "q:dead")], [12_000, 1]);
    await using refused = new Terminal(`${to} move q elsewhere`);
    await refused.shows("ERR destination is in another partition");
    assert.equal(await refused.ended, 1);
  } finally {
    await server.close();
  }
});

Deno.test("cli move takes two queues and a count", () => {
  assert.deepEqual(readMove(["a", "b"]), { source: "a", destination: "b", count: undefined });
  assert.deepEqual(readMove(["--count", "5", "a", "b"]), { source: "a", destination: "b", count: 5 });
  for (const args of [[], ["a"], ["a", "b", "c"], ["--count", "a", "b"], ["--count", "-1", "a", "b"], ["--x", "a"]]) {
    assert.equal(readMove(args), undefined);
  }
});
