import { assert } from "../../../deps.ts";
import { Terminal } from "../../../support/terminal.ts";
import { hostPort, totalOf } from "../../../support/consuming.ts";
import { fields } from "../../../support/fields.ts";
import { eventually } from "../../../support/eventually.ts";
import { terminalTest } from "../../../support/programs.ts";
import { serveForTest } from "../../../support/stores.ts";
import { connect } from "../../../support/wire.ts";

/** With the permissions of `deno task cli`. */
const CLI = `${Deno.execPath()} run --no-prompt --no-check --allow-net --allow-run --allow-read client/cli.ts`;

terminalTest("Closing the terminal of consume lets it finish what is in hand", async () => {
  const server = await serveForTest("sqlite::memory:");
  try {
    await using wire = await connect(server.addr);
    await wire.command("QLPUSH", "q", "1", "x");
    {
      const run = `consume --lease 600 q -- sh -c 'echo begun; sleep 1'`;
      await using terminal = new Terminal(`${CLI} --addr ${hostPort(server.addr)} ${run}`);
      await terminal.shows("begun");
    }
    await eventually(async () => assert.equal(await totalOf(wire, "q"), 0));
  } finally {
    await server.close();
  }
});

terminalTest("Ctrl-C on consume gives back what is in hand, not as failed", async () => {
  const server = await serveForTest("sqlite::memory:");
  try {
    await using wire = await connect(server.addr);
    await wire.command("QCONFIG", "SET", "q", "max-attempts", "1");
    await wire.command("QLPUSH", "q", "1", "x");
    // dash loses a signal that comes while it starts its last command: so this one is never the last.
    const command = `sh -c 'echo begun; while :; do sleep 0.1; done'`;
    await using terminal = new Terminal(`${CLI} --addr ${hostPort(server.addr)} consume q -- ${command}`);
    await terminal.shows("begun");
    await terminal.type("\x03");
    await eventually(async () => {
      const { state, reason } = fields(await wire.command("QGET", "q", "1"));
      assert.deepEqual([state, reason], ["ready", ""]);
    });
    assert.equal(await wire.command("QGET", "q:dead", "1"), null);
    assert.match(await terminal.shows("0 events done, 0 attempts failed"), /0 attempts failed/);
  } finally {
    await server.close();
  }
});
