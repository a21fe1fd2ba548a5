import { readArguments, readConsume, readPush } from "../../client/cli.ts";
import { serve } from "../../mod.ts";
import { assert } from "../deps.ts";
import { Authority } from "../support/certificates.ts";
import { hostPort, totalOf } from "../support/consuming.ts";
import { fields } from "../support/fields.ts";
import { eventually } from "../support/eventually.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { ROOT } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";
import { connect } from "../support/wire.ts";

Deno.test("The CLI uses 127.0.0.1:4777 by default", () => {
  assert.deepEqual(readArguments(["PING"]), { hostname: "127.0.0.1", port: 4777, command: ["PING"] });
  assert.deepEqual(readArguments([]), { hostname: "127.0.0.1", port: 4777, command: [] });
});

Deno.test("The CLI takes a host and a port", () => {
  const expected = { hostname: "box", port: 1, command: ["PING", "-h"] };
  assert.deepEqual(readArguments(["-h", "box", "-p", "1", "PING", "-h"]), expected);
  assert.deepEqual(readArguments(["--addr", "box:1", "PING", "-h"]), expected);
});

Deno.test("The CLI takes an IPv6 address in brackets", () => {
  assert.deepEqual(readArguments(["--addr", "[::1]:1", "PING"]), { hostname: "::1", port: 1, command: ["PING"] });
});

Deno.test("The CLI takes a user, a password and TLS", () => {
  const address = { hostname: "127.0.0.1", port: 4777 };
  assert.deepEqual(readArguments(["--user", "u", "--pass", "p", "PING"]), {
    ...address,
    username: "u",
    password: "p",
    command: ["PING"],
  });
  assert.deepEqual(readArguments(["--tls", "PING"]), { ...address, tls: true, command: ["PING"] });
  assert.deepEqual(readArguments(["--tls", "--cacert", "f", "PING"]), {
    ...address,
    tls: true,
    cacert: "f",
    command: ["PING"],
  });
});

const invalid = [["-x", "1", "PING"], ["-p", "99999", "PING"], ["-p", "x", "PING"], ["-h"], [
  "--addr",
  "box",
  "PING",
]];
for (const args of invalid) {
  Deno.test(`The CLI refuses ${JSON.stringify(args)}`, () => {
    assert.equal(readArguments(args), undefined);
  });
}

Deno.test("consume takes options, a queue, and a program after two dashes", () => {
  const expected = { queues: ["q"], command: ["wc", "--", "-c"], concurrency: 1, lease: 30, untilEmpty: false };
  assert.deepEqual(readConsume(["q", "--", "wc", "--", "-c"]), expected);
  const given = ["--lease", "0.5", "--concurrency", "4", "q", "--", "wc"];
  assert.deepEqual(readConsume(given), {
    queues: ["q"],
    command: ["wc"],
    concurrency: 4,
    lease: 0.5,
    untilEmpty: false,
  });
  assert.deepEqual(readConsume(["q", "r", "--", "wc"]), { ...expected, queues: ["q", "r"], command: ["wc"] });
});

Deno.test("consume takes a URL to post to, in place of a program", () => {
  const expected = { queues: ["q"], concurrency: 1, lease: 30, untilEmpty: false };
  const url = "https://example.com/?a=b";
  assert.deepEqual(readConsume(["--post", url, "q"]), { ...expected, post: { url, timeout: 30 } });
  assert.deepEqual(
    readConsume(["--timeout", "0.5", "--secret-file", "f", "--concurrency", "9", "--post", url, "q", "r"]),
    { ...expected, queues: ["q", "r"], concurrency: 9, post: { url, timeout: 0.5, secretFile: "f" } },
  );
});

for (
  const args of [
    ..."|q|q --|q wc|-- wc|--lease 0 q -- wc|--concurrency 1.5 q -- wc|--x 1 q -- wc|--timeout 1 q -- wc".split("|"),
    "--secret-file f q -- wc",
    "--post http://h/",
    "--post ftp://h/ q",
    "--post h q",
    "--post http://h/ q -- wc",
    "--post http://h/ --timeout 601 q",
  ]
) {
  Deno.test(`consume refuses ${JSON.stringify(args)}`, () => assert.equal(readConsume(args.split(" ")), undefined));
}

/** Starts the CLI as `deno task cli` does. */
function spawnCli(args: string[], permissions: string[] = []): Deno.ChildProcess {
  const run = ["run", "--no-prompt", "--no-check", "--allow-net", "--allow-run", ...permissions];
  return new Deno.Command(Deno.execPath(), {
    args: [...run, "client/cli.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

type Result = [code: number, stdout: string, stderr: string];

/** Runs the CLI to its end, with `input` as its standard input. */
async function runCli(args: string[], input: string | Uint8Array = "", permissions: string[] = []): Promise<Result> {
  const child = spawnCli(args, permissions);
  const writer = child.stdin.getWriter();
  await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return [code, text.decode(stdout), text.decode(stderr)];
}

/** A server, and the CLI arguments that name it. */
async function startOkq() {
  const listenAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serve({ listenAddr, store: "sqlite::memory:", logLevel: "error" });
  const to = ["--addr", hostPort(server.addr)];
  return { addr: server.addr, to, [Symbol.asyncDispose]: () => server.close() };
}

programTest("The CLI sends one command, and exits with 1 when the reply is an error", async () => {
  await using server = await startOkq();
  assert.deepEqual(await runCli([...server.to, "QLPUSH", "q", "1", "hello"]), [0, "OK\n", ""]);
  assert.deepEqual(await runCli([...server.to, "QRPOP", "q"]), [0, "1\nhello\n", ""]);
  assert.deepEqual(await runCli([...server.to, "NO"]), [1, "ERR unknown command 'NO'\n", ""]);
});

programTest(
  "The CLI reads commands from a pipe without a prompt, and goes on after errors",
  async () => {
    await using server = await startOkq();
    const input = `QLPUSH q 1 "a\\x21 b"\n\n"unbalanced\nNO\nQRPOP 'q'\nqstatus q\nquit\nPING`;
    const [code, stdout, stderr] = await runCli(server.to, input);
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

programTest("The CLI says in one line that it cannot connect", async () => {
  const server = await startOkq();
  await server[Symbol.asyncDispose]();
  for (const [args, input] of [[["PING"], ""], [[], "PING"]] as const) {
    const [code, stdout, stderr] = await runCli([...server.to, ...args], input);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, new RegExp(`^Cannot use okq at ${hostPort(server.addr)}: .*\n$`));
  }
});

programTest("The CLI prints its usage when its arguments are not valid", async () => {
  for (const args of [["push"], ["push", "a", "b"], ["consume", "q"], ["-x"]]) {
    const [code, stdout, stderr] = await runCli(["-p", "1", ...args]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^Usage: /);
  }
});

programTest("The CLI prints its usage to standard output when it is asked for", async () => {
  for (
    const args of [["help"], ["--help"], ["-p", "1", "--help"], ["push", "--help"], ["move", "--help"], [
      "consume",
      "--help",
    ]]
  ) {
    const [code, stdout, stderr] = await runCli(args);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Usage: deno task cli [^]*--cacert/);
  }
});

programTest("push pushes each line as an event", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  const input = Array.from({ length: 3000 }, (_, i) => `line ${i}`).join("\n") + "\n\nlast";
  assert.deepEqual(await runCli([...server.to, "push", "q"], input), [0, "pushed 3002 events\n", ""]);
  assert.equal(await totalOf(wire, "q"), 3002);
  assert.equal((await wire.command("QRPEEK", "q") as string[])[1], "line 0");
  assert.equal((await wire.command("QLPEEK", "q") as string[])[1], "last");
});

programTest("push takes ids from lines, a delay, a time to live and a side, and may be run again", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  const options = ["--id", "{number}:{line}", "--delay", "600", "--ttl", "900.5", "--right"];
  for (let run = 1; run <= 2; run++) {
    const result = await runCli([...server.to, "push", ...options, "q", "-"], "a\nb\n");
    assert.deepEqual(result, [0, "pushed 2 events, those included whose ids the queue held\n", ""]);
  }
  assert.equal(await totalOf(wire, "q"), 2);
  const { state, ttl } = fields(await wire.command("QGET", "q", "2:b"));
  assert.ok(state === "delayed" && Number(ttl) > 0);
  for (
    const args of [
      ["--delay", "x", "q"],
      ["--id"],
      ["--id", "same", "q"],
      ["q", "x"],
      ["q", "-", "x"],
      ["--left", "q"],
      [],
    ]
  ) {
    assert.equal(readPush(args), undefined);
  }
});

programTest("push takes a group and meta, and consume hands them to its program", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  const options = ["--group", "customer-7", "--meta", "tenant: acme"];
  await runCli([...server.to, "push", "--id", "{line}", ...options, "q"], "a\nb\n");
  assert.equal(fields(await wire.command("QGET", "q", "b")).state, "blocked");
  const script = 'cat >&2; echo "$OKQ_EVENT_ID $OKQ_EVENT_GROUP $OKQ_EVENT_META"';
  const [code, stdout] = await runCli([...server.to, "consume", "--until-empty", "q", "--", "sh", "-c", script]);
  assert.deepEqual([code, stdout], [0, "a customer-7 tenant: acme\nb customer-7 tenant: acme\n"]);
});

programTest("push refuses to make an id of a line that is not UTF-8, and pushes those before it", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  const input = new Uint8Array([0x61, 0x0a, 0xfe, 0x0a, 0xff, 0x0a]);
  const result = await runCli([...server.to, "push", "--id", "{line}", "q"], input);
  assert.deepEqual(result.slice(0, 2), [1, ""]);
  assert.match(result[2], /Cannot make an id of line 2, which is not UTF-8; use --id '\{number\}'\n$/);
  assert.equal(await totalOf(wire, "q"), 1);
});

programTest("consume runs a program for each event and acknowledges those for which it exits with 0", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  for (const id of ["1", "2", "bad"]) await wire.command("QLPUSH", "q", id, `event ${id}`);
  const script = 'printf "%s is %s of %s\\n" "$OKQ_EVENT_ID" "$(cat)" "$OKQ_QUEUE"; test "$OKQ_EVENT_ID" != bad';
  const child = spawnCli([...server.to, "consume", "q", "--", "sh", "-c", script]);
  const [out, err] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  await eventually(async () => assert.equal(await totalOf(wire, "q"), 1));
  await eventually(
    async () => assert.match(await wire.command("QSTATUS", "q").then(String), / processing: 0 /),
  );
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  await child.stdin.close();
  assert.match(await out, /^1 is event 1 of q\n2 is event 2 of q\n(bad is event bad of q\n)+$/);
  const failed = /^(okq consumer: event "bad" of queue "q" failed at attempt \d: sh ended with exit code 1; .+\n)+$/;
  assert.match(await err, failed);
  await eventually(async () => assert.deepEqual(await wire.command("QRPOP", "q"), ["bad", "event bad"]));
});

programTest("consume with --until-empty ends once its queues hold no event, retries included", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  for (const queue of ["q", "r"]) await wire.command("QLPUSH", queue, "1", `of ${queue}`);
  await wire.command("QLPUSH", "r", "late", "of r", "DELAY", "1");
  const args = ["consume", "--until-empty", "q", "r", "--", "cat"];
  const [code, stdout, stderr] = await runCli([...server.to, ...args]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.match(/of [qr]/g)?.toSorted(), ["of q", "of r", "of r"]);
  assert.deepEqual([await totalOf(wire, "q"), await totalOf(wire, "r")], [0, 0]);
});

programTest("consume gives back an event, not as failed, whose program got the signal to stop earlier", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  await wire.command("QCONFIG", "SET", "q", "max-attempts", "1");
  await wire.command("QLPUSH", "q", "1", "x");
  const child = spawnCli([...server.to, "consume", "q", "--", "sh", "-c", "echo begun; kill -INT $$"]);
  const begun = child.stdout.getReader();
  await begun.read();
  await new Promise((resolve) => setTimeout(resolve, 500)); // as on a busy machine
  child.kill("SIGINT");
  assert.equal((await child.status).code, 0);
  await begun.cancel();
  await Promise.all([child.stdin.close(), child.stderr.cancel()]);
  assert.deepEqual(await wire.command("QRPOP", "q"), ["1", "x"]);
});

programTest("consume stops and gives the event back if the program cannot be run", async () => {
  await using server = await startOkq();
  await using wire = await connect(server.addr);
  await wire.command("QLPUSH", "q", "1", "x");
  const [code, stdout, stderr] = await runCli([...server.to, "consume", "q", "--", "no-such-program"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^Cannot run no-such-program: .*\n$/);
  assert.deepEqual(await wire.command("QRPOP", "q"), ["1", "x"]);
});

programTest("The CLI logs in over TLS, and says why a login failed", async () => {
  await withFolder(async (folder) => {
    const authority = await Authority.create();
    const { cert, key } = await authority.issue("server");
    const files = { tlsCert: `${folder}/server.pem`, tlsKey: `${folder}/server.key` };
    const ca = `${folder}/ca.pem`;
    await Deno.writeTextFile(files.tlsCert, cert);
    await Deno.writeTextFile(files.tlsKey, key);
    await Deno.writeTextFile(ca, authority.cert);
    const tlsListenAddr = { hostname: "127.0.0.1", port: 0 };
    const settings = { tlsListenAddr, ...files, listenAddr: null, requirepass: "secret" };
    const server = await serveForTest("sqlite::memory:", settings);
    const to = ["-h", "localhost", "-p", `${server.tlsAddr!.port}`, "--cacert", ca];
    const cli = (...args: string[]) => runCli([...to, ...args], "", [`--allow-read=${ca}`]);
    try {
      assert.deepEqual(await cli("--pass", "secret", "QLPUSH", "q", "1", "x"), [0, "OK\n", ""]);
      assert.deepEqual(await cli("--user", "default", "--pass", "secret", "QRPOP", "q", "NOACK"), [0, "1\nx\n", ""]);
      const [code, , stderr] = await cli("--pass", "wrong", "PING");
      assert.equal(code, 1);
      assert.match(stderr, /^Cannot use okq at localhost:\d+: WRONGPASS [^\n]+\n$/);
      assert.match(`${await cli("PING")}`, /NOAUTH/);
    } finally {
      await server.close();
    }
  });
});
