import { encodeCommand } from "../../resp/client/encode_command.ts";
import { COMMANDS } from "../../server.ts";
import { assert } from "../deps.ts";
import { withFolder } from "../support/programs.ts";
import { bytes, connect } from "../support/wire.ts";
import { REDIS_CLI } from "./clients.ts";
import { startOkq } from "./okq.ts";
import { Terminal } from "../support/terminal.ts";
import { TEST_MS } from "../support/limits.ts";

/** The result of a run of redis-cli. */
interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(args: string[], input: Uint8Array = new Uint8Array()): Promise<Run> {
  const child = new Deno.Command("redis-cli", { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const sent = (async () => {
    const writer = child.stdin.getWriter();
    await writer.write(input);
    await writer.close();
  })();
  const { code, stdout, stderr } = await child.output();
  await sent;
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

async function lacking(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "its terminal needs Linux";
  try {
    const { stdout } = await run(["--version"]);
    const [, version] = stdout.match(/^redis-cli (\d+\.\d+\.\d+)/) ?? [];
    return version === REDIS_CLI.version ? undefined : `this machine has version ${version}`;
  } catch {
    return "no redis-cli on this machine";
  }
}

const reason = await lacking();

/** Declares a test with a server of its own. `body` receives its port. */
function test(name: string, body: (port: number, restart: () => Promise<void>) => Promise<void>): void {
  Deno.test({
    name: `redis-cli ${name}` + (reason === undefined ? "" : ` (skipped: ${reason})`),
    ignore: reason !== undefined,
    timeout: TEST_MS,
    fn: () =>
      withFolder(async (folder) => {
        await using stack = new AsyncDisposableStack();
        let okq = stack.use(await startOkq(folder));
        const { port } = okq;
        await body(port, async () => {
          await okq.stop();
          okq = stack.use(await startOkq(folder, port));
        });
        await okq.stop();
      }),
  });
}

/** Starts redis-cli at a terminal. `say` types a line, and resolves to the output before the next prompt. */
async function open(port: number, ...args: string[]) {
  const prompt = `127.0.0.1:${port}> `;
  const terminal = new Terminal(`redis-cli -p ${port} ${args.join(" ")}`, { REDISCLI_HISTFILE: "/dev/null" });
  const greeting = (await terminal.shows(prompt)).slice(0, -prompt.length);
  const say = async (line: string) => {
    await terminal.type(`${line}\r`);
    await terminal.shows("\n"); // the echo of the line
    return (await terminal.shows(prompt)).slice(0, -prompt.length).trim();
  };
  return { terminal, greeting, say };
}

/** A syntax line as Redis writes it. */
function inRedis(syntax: string): string {
  return syntax.replaceAll(" | ", "|").replaceAll(/(?<!\S+ )\[([\w-]+) \.\.\.\]/g, "[$1 [$1 ...]]");
}

test("connects without output, and pushes, pops and acknowledges an event at a terminal", async (port) => {
  const { terminal, greeting, say } = await open(port);
  await using _ = terminal;
  assert.equal(greeting, "");
  for (
    const [line, reply] of [
      ["QRPOP jobs", "(nil)"],
      ["QLPUSH jobs 1 hello", "OK"],
      ["QLPUSH jobs 1 hello", "(error) ERR duplicate event 1"],
      ["GET jobs", "(error) ERR unknown command 'GET'"],
      [String.raw`qlpush jobs 2 "\x00\xff\"\r\n"`, "OK"],
      ["QLPEEK jobs", String.raw`1) "2"` + "\n" + String.raw`2) "\x00\xff\"\r\n"`],
      ["QSTATUS", '1) "jobs total: 2 processing: 0 consumers: 0"'],
      ["QINFO", '1) "jobs  total: 2  processing: 0  consumers: 0"'],
      ["QREGISTER jobs", "OK"],
      ["QNOTIFY 60", '"jobs"'],
      ["QRPOP jobs EX 60", '1) "1"\n2) "hello"'],
      ["QACK jobs 1", "(integer) 1"],
      ["QFLUSH jobs", "OK"],
      ["QNOTIFY 0.1", "(nil)"],
    ]
  ) {
    const shown = await say(line);
    assert.equal(shown.replace(/\n\([0-9.]+s\)$/, ""), reply, line); // the duration of a slow command
  }
});

test("shows hints for the arguments of okq's commands, and completes their names", async (port) => {
  const { terminal } = await open(port);
  await using _ = terminal;
  for (
    const [typed, hint] of [
      ["QLPUSH ", "queue eventId contents [NOBLOCK]"],
      ["QRPOP jobs", "[EX seconds] [NOACK]"],
      ["QACK jobs ", "eventId [REDO]"],
      ["QREGISTER ", "[queue [queue ...]]"],
      ["QNOTIFY ", "timeout"],
      ["CLIENT SETNAME ", "name"],
      ["qno\t", "QNOTIFY timeout"],
    ]
  ) {
    await terminal.type(typed);
    await terminal.shows(hint);
    await terminal.type("\x15"); // clears the line
  }
});

test("prints help for every command and subcommand of okq", async (port) => {
  const { terminal, say } = await open(port);
  await using _ = terminal;
  for (const { name, syntax, summary, subcommands } of COMMANDS) {
    const shown = await say(`help ${name}`);
    const all = [{ name, syntax: subcommands ? "" : syntax, summary }];
    for (const sub of subcommands ?? []) all.push({ ...sub, name: `${name} ${sub.name}` });
    for (const { name, syntax, summary } of all) {
      const lines = [`${name} ${inRedis(syntax)}`, `summary: ${summary}`, "since: 0.1.0", "group: okq"];
      assert.ok(shown.includes(lines.join("\n  ")), `${name}: ${shown}`);
    }
  }
});

test("prints maps with -3", async (port) => {
  const { terminal, greeting, say } = await open(port, "-3");
  await using _ = terminal;
  assert.equal(greeting, "");
  assert.equal(await say("QLPUSH jobs 1 hello"), "OK");
  const rows = [' 1# "queue" => "jobs"', ' 2# "total" => (integer) 1', ' 3# "processing" => (integer) 0'];
  assert.ok((await say("QSTATS")).startsWith(`1) ${rows.join("\n   ")}\n`));
  assert.equal(await say("QRPOP nothing"), "(nil)");
});

test("reconnects at a terminal after the server restarts", async (port, restart) => {
  const { terminal, say } = await open(port);
  await using _ = terminal;
  assert.equal(await say("QLPUSH jobs 1 hello"), "OK");
  await restart();
  await terminal.type("PING\r");
  await terminal.shows("Server closed the connection\nnot connected> ");
  assert.equal(await say("QRPOP jobs"), '1) "1"\n2) "hello"');
});

test("sends a command from its arguments, contents from its input, and commands from a file", async (port) => {
  const p = ["-p", `${port}`];
  assert.deepEqual(await run([...p, "QLPUSH", "jobs", "1", "hello"]), { code: 0, stdout: "OK\n", stderr: "" });
  assert.deepEqual(await run([...p, "-x", "QLPUSH", "jobs", "2"], bytes("\xff\x00\n")), {
    code: 0,
    stdout: "OK\n",
    stderr: "",
  });
  assert.deepEqual(await run([...p, "-e", "QLPUSH", "jobs", "1", "hello"]), {
    code: 1,
    stdout: "",
    stderr: "ERR duplicate event 1\n",
  });
  const lines = new TextEncoder().encode("QRPOP jobs\nQACK jobs 1\nQRPOP nothing\n");
  assert.deepEqual(await run(p, lines), { code: 0, stdout: "1\nhello\n1\n\n", stderr: "" });
  await using client = await connect({ hostname: "127.0.0.1", port });
  assert.deepEqual(await client.command("QRPOP", "jobs"), ["2", "\xff\x00\n"]);
});

test("pushes 1,000 events with --pipe", async (port) => {
  const commands = Array.from({ length: 1000 }, (_, i) => encodeCommand(["QLPUSH", "jobs", `${i}`, `\xff${i}`]));
  const input = new Uint8Array(await new Blob(commands.map((command) => command.slice())).arrayBuffer());
  const { code, stdout, stderr } = await run(["-p", `${port}`, "--pipe"], input);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /errors: 0, replies: 1000\n$/);
  await using client = await connect({ hostname: "127.0.0.1", port });
  assert.deepEqual(await client.command("QSTATUS"), ["jobs total: 1000 processing: 0 consumers: 0"]);
});
