import { readArguments, readConsume } from "../../client/cli.ts";
import { serve } from "../../mod.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { programTest } from "../support/programs.ts";
import { ROOT } from "../support/sources.ts";
import { type Addr, connect } from "../support/wire.ts";
import { at, totalOf } from "./helpers.ts";

Deno.test("The command line client asks 127.0.0.1:4777 by default", () => {
  assert.deepEqual(readArguments(["PING"]), { hostname: "127.0.0.1", port: 4777, command: ["PING"] });
  assert.deepEqual(readArguments([]), { hostname: "127.0.0.1", port: 4777, command: [] });
});

Deno.test("The command line client takes host and port", () => {
  const expected = { hostname: "box", port: 1, command: ["PING", "-h"] };
  assert.deepEqual(readArguments(["-h", "box", "-p", "1", "PING", "-h"]), expected);
  assert.deepEqual(readArguments(["--addr", "box:1", "PING", "-h"]), expected);
});

Deno.test("The command line client takes an IPv6 address in brackets", () => {
  assert.deepEqual(readArguments(["--addr", "[::1]:1", "PING"]), { hostname: "::1", port: 1, command: ["PING"] });
});

const senseless = [["-x", "1", "PING"], ["-p", "99999", "PING"], ["-p", "x", "PING"], ["-h"], [
  "--addr",
  "box",
  "PING",
]];
for (const args of senseless) {
  Deno.test(`The command line client refuses ${JSON.stringify(args)}`, () => {
    assert.equal(readArguments(args), undefined);
  });
}

Deno.test("consume takes a queue, a command after two dashes, and options before", () => {
  const expected = { queue: "q", command: ["wc", "--", "-c"], concurrency: 1, lease: 30 };
  assert.deepEqual(readConsume(["q", "--", "wc", "--", "-c"]), expected);
  const given = ["--lease", "0.5", "--concurrency", "4", "q", "--", "wc"];
  assert.deepEqual(readConsume(given), { queue: "q", command: ["wc"], concurrency: 4, lease: 0.5 });
});

for (
  const args of ["", "q", "q --", "q wc", "-- wc", "--lease 0 q -- wc", "--concurrency 1.5 q -- wc", "--x 1 q -- wc"]
) {
  Deno.test(`consume refuses ${JSON.stringify(args)}`, () => assert.equal(readConsume(args.split(" ")), undefined));
}

/** Starts the client as `deno task cli` does. */
function spawnCli(addr: Addr, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-net",
      "--allow-run",
      "client/cli.ts",
      "--addr",
      at(addr),
      ...args,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs the client to its end; `stdin` is all of its input. */
async function runCli(addr: Addr, args: string[], stdin = ""): Promise<[code: number, stdout: string, stderr: string]> {
  const child = spawnCli(addr, args);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return [code, text.decode(stdout), text.decode(stderr)];
}

/** A server for one test. */
async function okq() {
  const listenAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serve({ listenAddr, store: "sqlite::memory:", logLevel: "error" });
  return { addr: server.addr, [Symbol.asyncDispose]: () => server.close() };
}

programTest("The command line client sends one command, and fails when the server answers an error", async () => {
  await using server = await okq();
  assert.deepEqual(await runCli(server.addr, ["QLPUSH", "q", "1", "hello"]), [0, "OK\n", ""]);
  assert.deepEqual(await runCli(server.addr, ["QRPOP", "q"]), [0, "1\nhello\n", ""]);
  assert.deepEqual(await runCli(server.addr, ["NO"]), [1, "ERR unknown command 'NO'\n", ""]);
});

programTest(
  "The command line client reads commands from a pipe, without a prompt, and goes on after errors",
  async () => {
    await using server = await okq();
    const input = `QLPUSH q 1 "a\\x21 b"\n\n"unbalanced\nNO\nQRPOP 'q'\nqstatus q\nquit\nPING`;
    const [code, stdout, stderr] = await runCli(server.addr, [], input);
    assert.deepEqual(stdout.split("\n"), [
      "OK",
      "ERR unknown command 'NO'",
      "1",
      "a! b",
      "q total: 1 processing: 1 consumers: 0",
      "",
    ]);
    assert.deepEqual([code, stderr], [1, "Protocol error: unbalanced quotes in request\n"]);
  },
);

programTest("The command line client says in a line that there is no server", async () => {
  const server = await okq();
  const { addr } = server;
  await server[Symbol.asyncDispose]();
  for (const [args, input] of [[["PING"], ""], [[], "PING"]] as const) {
    const [code, stdout, stderr] = await runCli(addr, [...args], input);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, new RegExp(`^Cannot ask okq at ${at(addr)}: .*\n$`));
  }
});

programTest("The command line client explains itself when it is misused", async () => {
  for (const args of [["push"], ["push", "a", "b"], ["consume", "q"], ["-x"]]) {
    const [code, stdout, stderr] = await runCli({ hostname: "127.0.0.1", port: 1 }, args);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^Usage: /);
  }
});

programTest("push makes an event of each line", async () => {
  await using server = await okq();
  await using wire = await connect(server.addr);
  const input = Array.from({ length: 3000 }, (_, i) => `line ${i}`).join("\n") + "\n\nlast";
  assert.deepEqual(await runCli(server.addr, ["push", "q"], input), [0, "pushed 3002 events\n", ""]);
  assert.equal(await totalOf(wire, "q"), 3002);
  assert.equal((await wire.command("QRPEEK", "q") as string[])[1], "line 0");
  assert.equal((await wire.command("QLPEEK", "q") as string[])[1], "last");
});

programTest("consume gives each event to a command, whose exit code 0 acknowledges it", async () => {
  await using server = await okq();
  await using wire = await connect(server.addr);
  for (const id of ["1", "2", "bad"]) await wire.command("QLPUSH", "q", id, `event ${id}`);
  const script = 'printf "%s is %s of %s\\n" "$OKQ_EVENT_ID" "$(cat)" "$OKQ_QUEUE"; test "$OKQ_EVENT_ID" != bad';
  const child = spawnCli(server.addr, ["consume", "q", "--", "sh", "-c", script]);
  const [out, err] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  await eventually(async () => assert.equal(await totalOf(wire, "q"), 1), 20_000);
  await eventually(
    async () => assert.match(await wire.command("QSTATUS", "q").then(String), / processing: 0 /),
    20_000,
  );
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  await child.stdin.close();
  assert.match(await out, /^1 is event 1 of q\n2 is event 2 of q\n(bad is event bad of q\n)+$/);
  assert.match(await err, /^(event "bad": sh ended with exit code 1; given back\n)+$/);
  await eventually(async () => assert.deepEqual(await wire.command("QRPOP", "q"), ["bad", "event bad"]), 20_000);
});

programTest("consume stops, and gives the event back, if the command cannot be run", async () => {
  await using server = await okq();
  await using wire = await connect(server.addr);
  await wire.command("QLPUSH", "q", "1", "x");
  const [code, stdout, stderr] = await runCli(server.addr, ["consume", "q", "--", "no-such-program"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^event "1": Cannot run no-such-program: .*\n$/);
  assert.deepEqual(await wire.command("QRPOP", "q"), ["1", "x"]);
});
