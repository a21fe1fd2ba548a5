import { COMMANDS } from "../server.ts";
import { PasswordHash } from "../core/auth/password_hash.ts";
import { VERSION } from "../core/version.ts";
import { assert } from "./deps.ts";
import { runProgram, startServer } from "./support/process.ts";
import { programTest, redisTest, withFolder } from "./support/programs.ts";
import { freePort, startRedis } from "./support/redis_server.ts";
import { ROOT } from "./support/sources.ts";
import { startWaiting } from "./support/waiting.ts";
import { connect } from "./support/wire.ts";

redisTest("The server prints its address, and needs no permission but --allow-net", async () => {
  await using redis = await startRedis();
  await using server = startServer(redis.url);
  const addr = await server.addr();
  assert.equal(addr.hostname, "127.0.0.1");
  await using client = await connect(addr);
  assert.equal(await client.command("QLPUSH", "q", "id", "contents"), "+OK");
  assert.deepEqual(await client.command("QRPOP", "q"), ["id", "contents"]);
});

programTest("The server keeps events in a file, and needs read and write access to its folder", async () => {
  await withFolder(async (folder) => {
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const store = `sqlite:${folder}/okq.db`;
    {
      await using server = startServer(store, [], { permissions });
      await using client = await connect(await server.addr());
      for (const id of ["1", "2"]) assert.equal(await client.command("QLPUSH", "q", id, "contents"), "+OK");
      assert.deepEqual(await client.command("QRPOP", "q"), ["1", "contents"]);
      server.kill("SIGTERM");
      assert.equal((await server.ended).code, 0);
    }
    await using server = startServer(store, [], { permissions });
    await using client = await connect(await server.addr());
    assert.deepEqual(await client.command("QSTATUS", "q"), ["q total: 2 processing: 1 consumers: 0"]);
    assert.deepEqual(await client.command("QRPOP", "q"), ["2", "contents"]);
  });
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  programTest(`The server ends waits with nil and exits with 0 on ${signal}`, async () => {
    await using server = startServer("sqlite::memory:");
    const addr = await server.addr();
    await using client = await connect(addr);
    await client.command("QREGISTER", "q");
    const { reply } = await startWaiting(client);
    server.kill(signal);
    assert.equal(await reply, null);
    assert.equal(await client.closed(), "");
    const { code, stdout, stderr } = await server.ended;
    assert.deepEqual([code, stdout], [0, `listening on 127.0.0.1:${addr.port}\n`], stderr);
    await assert.rejects(connect(addr), Deno.errors.ConnectionRefused);
  });
}

redisTest("The server stores accepted NOBLOCK pushes before it exits", async () => {
  await using redis = await startRedis();
  await using server = startServer(redis.url);
  await using client = await connect(await server.addr());
  assert.equal(await client.command("QLPUSH", "q", "0", "contents"), "+OK");
  // Redis does not answer, so the pushes stay in the background.
  redis.pause();
  for (const id of ["1", "2", "3"]) assert.equal(await client.command("QLPUSH", "q", id, "contents", "NOBLOCK"), "+OK");
  server.kill("SIGTERM");
  assert.equal(await client.closed(), "");
  redis.resume();
  assert.equal((await server.ended).code, 0);

  await using next = startServer(redis.url);
  await using reader = await connect(await next.addr());
  assert.deepEqual(await reader.command("QSTATUS", "q"), ["q total: 4 processing: 0 consumers: 0"]);
});

redisTest(
  "The server exits on a signal after the second in which signals are one, whatever is unfinished",
  async () => {
    await using redis = await startRedis();
    await using server = startServer(redis.url, ["--store-timeout", "600", "--shutdown-timeout", "600"]);
    await using client = await connect(await server.addr());
    await client.command("PING");
    // While Redis does not answer, the first signal alone does not end the server for ten minutes.
    redis.pause();
    await client.command("QLPUSH", "q", "id", "contents", "NOBLOCK");
    server.kill("SIGTERM");
    const startedAt = performance.now();
    assert.equal(await client.closed(), "");
    const timer = setInterval(() => server.kill("SIGTERM"), 50);
    const { code, signal } = await server.ended;
    clearInterval(timer);
    assert.deepEqual([code, signal], [1, null]);
    assert.ok(performance.now() - startedAt > 900, "signals within a second are one");
  },
);

programTest("The server without a Redis exits with one line that has its address and two solutions", async () => {
  const port = freePort();
  const { code, stdout, stderr } = await runProgram(
    ["--listen-addr", "127.0.0.1:0", "--store", `redis://127.0.0.1:${port}/0`, "--store-timeout", "1"],
  );
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, new RegExp(`^okq: [^\\n]*127\\.0\\.0\\.1:${port}[^\\n]*\\n$`));
  assert.match(stderr, /start redis/i);
  assert.match(stderr, /--store sqlite:okq\.db/);
});

programTest("The server exits with one line if it has no permission for the file", async () => {
  await withFolder(async (folder) => {
    const { code, stdout, stderr } = await runProgram(
      ["--listen-addr", "127.0.0.1:0", "--store", `sqlite:${folder}/okq.db`],
    );
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^okq: [^\n]*okq\.db[^\n]*\n$/);
    assert.match(stderr, /--allow-(read|write)/);
  });
});

programTest("The server exits with one line if its address is in use", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { code, stdout, stderr } = await runProgram(
    ["--listen-addr", `127.0.0.1:${port}`, "--store", "sqlite::memory:"],
  );
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, new RegExp(`^okq: [^\\n]*${port}[^\\n]*\\n$`));
});

const BAD_ARGUMENTS = [
  ["--nope"],
  ["--store"],
  ["--store", "mysql://localhost"],
  ["serve"],
];

programTest("The server refuses invalid arguments, with one line and exit code 2", async () => {
  for (const args of BAD_ARGUMENTS) {
    const { code, stdout, stderr } = await runProgram(args);
    assert.deepEqual([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, /^okq: [^\n]+\n$/, args.join(" "));
    assert.ok(stderr.includes(args.at(-1)!.split("=")[0]), `${args.join(" ")}: ${stderr}`);
  }
});

programTest("The server prints its options and commands with --help, without any permission", async () => {
  const { code, stdout, stderr } = await runProgram(["--help"], { permissions: [] });
  assert.deepEqual([code, stderr], [0, ""]);
  for (const { name, syntax } of COMMANDS) assert.ok(stdout.includes(`${name} ${syntax}`.trimEnd()), name);
  const options = [
    ...["--listen-addr", "--store", "--store-timeout", "--max-event-bytes", "--max-noblock-pushes", "--qstatus"],
    ...["--log-level", "--version", "--help", "OKQ_"],
  ];
  for (const option of options) assert.ok(stdout.includes(option), option);
});

programTest("The server prints its help when it is asked for in other ways", async () => {
  const { stdout: help } = await runProgram(["--help"], { permissions: [] });
  for (const line of ["help", "-h", "migrate --help", "store --help", "store check -h", "store backup --help"]) {
    const { code, stdout, stderr } = await runProgram(line.split(" "), { permissions: [] });
    assert.deepEqual([code, stdout, stderr], [0, help, ""], line);
  }
});

programTest("The server prints its version with --version, without any permission", async () => {
  const { code, stdout, stderr } = await runProgram(["--version"], { permissions: [] });
  assert.deepEqual([code, stdout, stderr], [0, `okq ${VERSION}\n`, ""]);
});

programTest("The server hashes a password with --hash-password, without any permission", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "server.ts", "--hash-password"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("s3cret\nnot this\n"));
  await writer.close();
  const { code, stdout } = await child.output();
  const hash = new TextDecoder().decode(stdout);
  assert.equal(code, 0);
  assert.ok(await PasswordHash.fromHash(hash.trimEnd())!.verify(new TextEncoder().encode("s3cret")), hash);

  const { code: refused, stderr } = await runProgram(["--hash-password"], { permissions: [] });
  assert.deepEqual([refused, stderr], [
    1,
    "okq: Cannot hash an empty password: write one line to standard input\n",
  ]);
});

programTest("The server reads a password from the environment", async () => {
  const env = { OKQ_REQUIREPASS: "s3cret" };
  await using server = startServer("sqlite::memory:", [], {
    env,
    permissions: ["--allow-net", "--allow-env=OKQ_REQUIREPASS"],
  });
  await using client = await connect(await server.addr());
  assert.equal(await client.command("PING"), "-NOAUTH Authentication required.");
  assert.equal(await client.command("AUTH", "s3cret"), "+OK");
});

programTest("The server reads options from the environment if it has permission, and prefers arguments", async () => {
  const env = { OKQ_STORE: "sqlite::memory:", OKQ_QSTATUS: "nonsense", OKQ_LISTEN_ADDR: "127.0.0.1:0" };
  await using server = startServer("sqlite::memory:", ["--qstatus", "array"], {
    env,
    permissions: ["--allow-net", "--allow-env"],
  });
  await using client = await connect(await server.addr());
  assert.deepEqual(await client.command("QSTATUS", "q"), [["q", 0, 0, 0]]);

  const typo = { ...env, OKQ_REQUIREPAS: "s3cret" };
  const unknown = await runProgram([], { env: typo, permissions: ["--allow-net", "--allow-env"] });
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^okq: [^\n]*"OKQ_REQUIREPAS"[^\n]*\n$/);

  const refused = await runProgram([], { env, permissions: ["--allow-net", "--allow-env=OKQ_QSTATUS"] });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^okq: [^\n]*OKQ_QSTATUS[^\n]*\n$/);

  await using withoutPermission = startServer("sqlite::memory:", [], { env });
  await using other = await connect(await withoutPermission.addr());
  assert.deepEqual(await other.command("QSTATUS", "q"), ["q total: 0 processing: 0 consumers: 0"]);
});
