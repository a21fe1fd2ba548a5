import { delay } from "../../core/util/async.ts";
import { assert } from "../deps.ts";
import { freePort } from "../support/redis_server.ts";
import { terminalTest, withFolder } from "../support/programs.ts";
import { readSource } from "../support/sources.ts";
import { connect } from "../support/wire.ts";
import { Terminal } from "../support/terminal.ts";

/** What `deno task start` runs, on a free port and with the store in a folder. */
async function startCommand(folder: string, port: number): Promise<string> {
  const { tasks: { start } } = JSON.parse(await readSource("deno.json"));
  const command = start.command.replaceAll("okq.db", `${folder}/okq.db`)
    .replaceAll("4777", `${port}`).replaceAll("4778", `${freePort()}`);
  return `${command} --listen-addr 127.0.0.1:${port}`;
}

// A terminal sends Ctrl-C to `deno task` and to okq, and `deno task` passes it on to okq.
for (const runner of ["a task", "a plain command"]) {
  terminalTest(
    `Ctrl-C, even twice in a second, stops okq in order, with exit code 0, when it runs as ${runner}`,
    async () => {
      await withFolder(async (folder) => {
        const port = freePort();
        const command = await startCommand(folder, port);
        const env = { NO_COLOR: "1" };
        await using terminal = new Terminal(runner === "a task" ? `deno task --eval '${command}'` : command, env);
        await terminal.shows("listening on http");
        await using client = await connect({ hostname: "127.0.0.1", port });
        const contents = "x".repeat(16_000_000); // more than the system buffers, so okq cannot end before it is read
        await client.command("QLPUSH", "q", "id", contents);
        await client.sendTogether(["PING"], ["QRPEEK", "q"]);
        assert.equal(await client.shown(), "+PONG");
        await terminal.type("\x03");
        await delay(50); // signals that arrive together are one to Deno
        await terminal.type("\x03");
        assert.deepEqual(await client.shown(), ["id", contents]);
        assert.equal(await terminal.ended, 0);
      });
    },
  );
}
