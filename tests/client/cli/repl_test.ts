import { assert } from "../../deps.ts";
import { hostPort } from "../../support/consuming.ts";
import { terminalTest } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { Terminal } from "../../support/terminal.ts";
import { connect } from "../../support/wire.ts";

/** With the permissions of `deno task cli`. */
const CLI = `${Deno.execPath()} run --no-prompt --no-check --allow-net --allow-run --allow-read client/cli.ts`;

/** Calls `body` with the prompt of a client that has just started. */
function promptTest(
  name: string,
  body: (terminal: Terminal, wire: Awaited<ReturnType<typeof connect>>, prompt: string) => Promise<void>,
  settings: Parameters<typeof serveForTest>[1] = {},
): void {
  terminalTest(name, async () => {
    const server = await serveForTest("sqlite::memory:", settings);
    try {
      await using wire = await connect(server.addr);
      const address = hostPort(server.addr);
      await using terminal = new Terminal(`${CLI} --addr ${address}`);
      await terminal.shows(`${address}> `);
      await body(terminal, wire, `${address}> `);
    } finally {
      await server.close();
    }
  });
}

promptTest("The prompt repeats and edits earlier lines", async (terminal, wire, prompt) => {
  await terminal.type("QLPUSH q 1 hello\r");
  await terminal.shows(`OK\n${prompt}`);
  await terminal.type("\x1b[A"); // arrow up
  await terminal.shows("QLPUSH q 1 hello");
  await terminal.type("\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x7f2\r"); // left of " hello": 2 in place of 1
  await terminal.shows(`OK\n${prompt}`);
  assert.deepEqual(await wire.command("QLPEEK", "q"), ["2", "hello"]);
});

promptTest("The tabulator completes commands, option words and names of queues", async (terminal, wire, prompt) => {
  for (const queue of ["my queue", "plain"]) await wire.command("QLPUSH", queue, "1", "x");
  await terminal.type("qlpu");
  await terminal.shows("qlpu");
  await terminal.type("\t");
  await terminal.shows(`${prompt}QLPUSH `);
  await terminal.type('"m');
  await terminal.shows('"m');
  await terminal.type("\t");
  await terminal.shows('y queue" ');
  await terminal.type("2 y del");
  await terminal.shows("2 y del");
  await terminal.type("\t");
  await terminal.shows("DELAY ");
  await terminal.type("600\r");
  await terminal.shows(`OK\n${prompt}`);
  assert.ok((await wire.command("QGET", "my queue", "2") as string[]).includes("delayed"));

  await terminal.type("QST");
  await terminal.shows("QST");
  await terminal.type("\t");
  await terminal.shows("AT"); // of two commands
  await terminal.type("\t");
  assert.match(await terminal.shows(`${prompt}QSTAT`), /QSTATS\s+QSTATUS/);
});

promptTest(
  "The tabulator offers nothing without a login",
  async (terminal, _wire, prompt) => {
    await terminal.type("QRPOP x\r");
    await terminal.shows(`NOAUTH Authentication required.\n${prompt}`);
    await terminal.type("QLPU\t");
    await terminal.type("\x15PING\r"); // Ctrl-U clears the line
    await terminal.shows(`NOAUTH Authentication required.\n${prompt}`);
  },
  { requirepass: "secret" },
);

promptTest("What is typed while a command waits is edited at the next prompt", async (terminal, wire, prompt) => {
  await terminal.type("QCLAIM BLOCK 0 QUEUES q\r");
  await terminal.shows("q\n");
  await terminal.type("PI");
  await terminal.shows("PI");
  await wire.command("QLPUSH", "q", "1", "x");
  await terminal.shows(`${prompt}PI`);
  await terminal.type("NG\r");
  await terminal.shows(`PONG\n${prompt}`);
});

promptTest("The prompt has help", async (terminal, _wire, prompt) => {
  await terminal.type("help\r");
  assert.match(await terminal.shows(prompt), /QLPUSH +Adds an event[^\n]+\n/);
  await terminal.type("help qack\r");
  await terminal.shows("QACK ");
});

promptTest("Ctrl-C at the prompt clears the line, then ends the client", async (terminal, _wire, prompt) => {
  await terminal.type("QFLUSH q");
  await terminal.shows("QFLUSH q");
  await terminal.type("\x1b[D\x03"); // not at the end of the line
  await terminal.shows(`^C\n${prompt}`);
  await terminal.type("PING\r");
  await terminal.shows(`PONG\n${prompt}`);
  await terminal.type("\x03");
  assert.equal(await terminal.ended, 130);
});

promptTest("Ctrl-C ends the client while a command waits", async (terminal, wire, prompt) => {
  await terminal.type("QCLAIM BLOCK 0 QUEUES q\r");
  await terminal.shows("q\n");
  await terminal.type("\x03");
  assert.equal(await terminal.ended, 130);
  await wire.command("QLPUSH", "q", "1", "x");
  assert.deepEqual(await wire.command("QRPOP", "q"), ["1", "x"], prompt);
});

promptTest("Ctrl-D and quit end the client in order", async (terminal) => {
  await terminal.type("\x04");
  assert.equal(await terminal.ended, 0);
});

terminalTest("Ctrl-Z at the prompt does nothing", async () => {
  const server = await serveForTest("sqlite::memory:");
  try {
    const address = hostPort(server.addr);
    await using shell = new Terminal("bash --norc --noprofile -i"); // only a shell that controls jobs lets Ctrl-Z stop one
    await shell.type(`${CLI} --addr ${address}\r`);
    await shell.shows(`${address}> `);
    await shell.type("PI");
    await shell.shows("PI");
    await shell.type("\x1aNG\r");
    await shell.shows(`PONG\n${address}> `);
    await shell.type("\x04");
  } finally {
    await server.close();
  }
});
