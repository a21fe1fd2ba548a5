import { Log } from "../../core/log.ts";
import { VERSION } from "../../core/version.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { runProgram, startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { startRedis } from "../support/redis_server.ts";
import { forEachStore, serveForTest } from "../support/stores.ts";
import { writeUsers } from "../support/users.ts";
import { connect } from "../support/wire.ts";

/** A log that keeps its lines, without times. */
function keptLog(level: "debug" | "info"): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: new Log(level, (line) => lines.push(line.replace(/^\S+ /, "").trimEnd())), lines };
}

await forEachStore(({ name, url, test }) => {
  test("One line says at the start what okq is, and two tell the stop", async (okq) => {
    const { log, lines } = keptLog("info");
    const server = await okq.serve({ log, httpAddr: { hostname: "127.0.0.1", port: 0 } });
    const warnings = lines.filter((line) => line.startsWith("warn ")); // of a Redis without persistence
    const [line, ...others] = lines.filter((line) => !warnings.includes(line));
    assert.deepEqual(others, []);
    assert.ok(line.startsWith(`info Started version=${VERSION} store=${url} durability="`), line);
    assert.match(
      line,
      name === "sqlite" ? /OK means in memory, until okq ends"/ : /"Redis \d+\S+ called by (FCALL|EVALSHA): OK means /,
    );
    assert.ok(line.includes(` listen=127.0.0.1:${server.addr.port} http=127.0.0.1:${server.httpAddr!.port} `), line);
    assert.match(line, / users="no password needed"$/);
    await server.close();
    const stop = lines.slice(warnings.length + 1);
    assert.match(stop.join("\n"), /^info Stopping connections=0\ninfo Stopped seconds=[\d.]+ unfinished=false$/);
  });

  test("What operators do by commands leaves one line each, with user and address", async (okq) => {
    const { log, lines } = keptLog("info");
    const { addr } = await okq.serve({ log });
    await using client = await connect(addr);
    await using other = await connect(addr);
    const queue = okq.queue();
    const id = await other.command("CLIENT", "ID");
    for (const id of ["1", "2"]) await client.command("QLPUSH", `${queue}:dead`, id, "");
    await client.command("QLPUSH", queue, "2", "");
    lines.length = 0;
    const actions: [command: string[], logged: string][] = [
      [
        ["QCONFIG", "SET", queue, "rate", "3", "lease", "9"],
        `policy BY queue="${queue}" fields="rate 3 lease 9" changed=1`,
      ],
      [["QCONFIG", "RESET", queue], `policy BY queue="${queue}" fields=reset changed=1`],
      [
        ["QCRON", "SET", queue, "daily", "0 9 * * *", "", "TZ", "Europe/Berlin"],
        `set-timetable BY queue="${queue}" name="daily" expression="0 9 * * *" zone=Europe/Berlin changed=1`,
      ],
      [["QCRON", "DEL", queue, "daily"], `delete-timetable BY queue="${queue}" name="daily" changed=1`],
      [["QCRON", "DEL", queue, "daily"], `delete-timetable BY queue="${queue}" name="daily" changed=0`],
      [["QPAUSE", queue], `pause BY queue="${queue}" changed=1`],
      [["QPAUSE", queue, "90.5"], `pause BY queue="${queue}" seconds=90.5 changed=1`],
      [["QRESUME", queue], `resume BY queue="${queue}" changed=1`],
      [["QMOVE", `${queue}:dead`, queue], `move BY queue="${queue}:dead" destination="${queue}" changed=1 skipped=1`],
      [["QFLUSH", queue], `flush BY queue="${queue}" changed=2`],
      [
        ["QCRON", "SET", queue, "n", "0 9 * * 1", "", "TZ", "Europe/Berlin"],
        `set-timetable BY queue="${queue}" name="n" expression="0 9 * * 1" zone=Europe/Berlin changed=1`,
      ],
      [["QCRON", "DEL", queue, "n"], `delete-timetable BY queue="${queue}" name="n" changed=1`],
      [["CLIENT", "KILL", "ID", `${id}`], `kill BY clients="ID ${id}" changed=1`],
      // They change nothing.
      [["QMOVE", queue, `${queue}:dead`], `move BY queue="${queue}" destination="${queue}:dead" changed=0 skipped=0`],
      [["QFLUSH", queue], `flush BY queue="${queue}" changed=0`],
      [["QCRON", "DEL", queue, "n"], `delete-timetable BY queue="${queue}" name="n" changed=0`],
      [["CLIENT", "KILL", "ID", `${id}`], `kill BY clients="ID ${id}" changed=0`],
      [["CLIENT", "KILL", "10.0.0.1:1"], "kill BY clients=10.0.0.1:1 changed=0"],
    ];
    for (const [command] of actions) await client.command(...command);
    assert.deepEqual(
      lines.map((line) => line.replace(/user=default addr=127\.0\.0\.1:\d+/, "BY")),
      actions.map(([, logged]) => `info Operator action action=${logged}`),
    );
    lines.length = 0;
    for (
      const refused of [
        ["QCONFIG", "SET", queue, "rate", "x"],
        ["QCONFIG", "GET", queue],
        ["QCRON", "SET", queue, "n", "0 0 30 2 *", ""],
        ["QCRON", "LIST"],
        ["QCRON", "SET", queue, "daily", "* * * *", ""],
        ["QCRON", "LIST"],
        ["QPAUSE", queue, "0"],
        ["QMOVE", queue, `${okq.queue()}`],
        ["QFLUSH", ""],
        ["CLIENT", "KILL", "ID", "0"],
      ]
    ) await client.command(...refused);
    assert.deepEqual(lines, []);
  });

  test("Events that die are logged once per queue, also those whose lease ended", async (okq) => {
    const { log, lines } = keptLog("info");
    // A database without another okq, which would end leases too.
    const server = await okq.serve({ log, store: url.replace(/\/0$/, "/9") });
    await using client = await connect(server.addr);
    const [given, left] = [okq.queue(), okq.queue()];
    for (const queue of [given, left]) await client.command("QCONFIG", "SET", queue, "max-attempts", "1");
    for (let i = 0; i < 500; i++) {
      for (const queue of [given, left]) await client.command("QLPUSH", queue, `${i}`, "");
    }
    lines.length = 0;
    await client.command("QCLAIM", "COUNT", "500", "EX", "0.001", "QUEUES", left);
    await client.command("QCLAIM", "COUNT", "500", "QUEUES", given);
    for (let i = 0; i < 500; i++) await client.command("QNACK", given, `${i}`, "REASON", "no way");
    await eventually(async () => {
      const totals = [given, left].map((queue) => `${queue}:dead total: 500 processing: 0 consumers: 0`);
      assert.deepEqual(await client.command("QSTATUS", `${given}:dead`, `${left}:dead`), totals);
    });
    await client.close();
    await server.close();
    const died = lines.filter((line) => line.startsWith("info Events died"));
    const ofQueue = (queue: string) => died.filter((line) => line.includes(`queue="${queue}"`));
    for (const queue of [given, left]) {
      const counts = ofQueue(queue).map((line) => Number(/ events=(\d+)/.exec(line)![1]));
      assert.ok(counts.length <= 4, died.join("\n"));
      assert.equal(counts.reduce((a, b) => a + b), 500);
    }
    assert.match(ofQueue(given).at(-1)!, / id="\d+" reason="no way"$/);
    assert.equal(died.length, ofQueue(given).length + ofQueue(left).length);
  });

  test("At debug connections and failed commands are logged", async (okq) => {
    const { log, lines } = keptLog("debug");
    const server = await okq.serve({ log });
    const client = await connect(server.addr);
    await client.command("CLIENT", "SETNAME", "worker");
    await client.command("QLPUSH", "q");
    await client.command("QPOP", "q");
    const queue = okq.queue();
    for (let i = 0; i < 2; i++) await client.command("QLPUSH", queue, "id", "contents");
    await client.close();
    await eventually(() => assert.ok(lines.some((line) => line.startsWith("debug Client disconnected"))));
    const debug = lines.filter((line) => line.startsWith("debug "))
      .map((line) => line.replaceAll(/127\.0\.0\.1:\d+/g, "ADDR").replace(/seconds=[\d.]+/, "seconds=1"));
    assert.deepEqual(debug, [
      "debug Client connected id=1 addr=ADDR laddr=ADDR",
      "debug Command failed command=QLPUSH addr=ADDR user=default error=\"ERR wrong number of arguments for 'qlpush' command\"",
      "debug Command failed command=QLPUSH addr=ADDR user=default error=\"ERR unknown command 'QPOP'\"",
      'debug Command failed command=QLPUSH addr=ADDR user=default error="ERR duplicate event id"',
      "debug Client disconnected id=1 addr=ADDR user=default name=worker seconds=1",
    ]);
  });
});

redisTest(
  "A command of an operator whose outcome is unknown leaves a warning, one that was not done no line",
  async () => {
    const { log, lines } = keptLog("info");
    await using redis = await startRedis();
    await using server = await serveForTest(redis.url, { storeTimeoutMs: 4000, log });
    const actions: [command: string[], logged: string][] = [
      [["QCONFIG", "SET", "q", "rate", "3"], 'policy BY queue="q" fields="rate 3"'],
      [["QCONFIG", "RESET", "q"], 'policy BY queue="q" fields=reset'],
      [["QFLUSH", "q"], 'flush BY queue="q"'],
      [["QPAUSE", "q", "2"], 'pause BY queue="q" seconds=2'],
      [["QRESUME", "q"], 'resume BY queue="q"'],
      [["QCRON", "DEL", "q", "n"], 'delete-timetable BY queue="q" name="n"'],
    ];
    /** Sends all at once, and returns what was logged of them. */
    const act = async () => {
      await using clients = new AsyncDisposableStack();
      const connected = await Promise.all(actions.map(async () => clients.use(await connect(server.addr))));
      lines.length = 0;
      const answers = await Promise.all(actions.map(([command], i) => connected[i].command(...command)));
      for (const answer of answers) assert.match(`${answer}`, /^-UNAVAILABLE /);
      return lines.filter((line) => line.includes("Operator action"))
        .map((line) => line.replace(/user=default addr=127\.0\.0\.1:\d+/, "BY").replace(/ error=".*$/, "")).sort();
    };
    redis.pause();
    const unknown = actions.map(([, logged]) => `warn Operator action: outcome unknown action=${logged}`);
    assert.deepEqual(await act(), unknown.sort());
    redis.resume();
    await redis.kill();
    assert.deepEqual(await act(), []);
  },
);

programTest("Before a login the log has no word that a client sent", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["ann", "secret", "all *"]);
    const permissions = ["--allow-net", `--allow-read=${folder}`];
    await using server = startServer("sqlite::memory:", ["--users", users, "--log-level", "debug"], { permissions });
    await using client = await connect(await server.addr());
    for (const words of [["HELLO", "3", "ann", "secret"], ["secret"], ["AUTH", "ann", "secret", "x"]]) {
      await client.command(...words);
    }
    server.kill("SIGTERM");
    const { stderr } = await server.ended;
    assert.match(stderr, / info Started .* users=1 /);
    assert.match(stderr, / debug Command failed command=HELLO addr=\S+ user=undefined error=ERR\n/);
    assert.ok(!stderr.includes("secret"), stderr);
  });
});

programTest("The first line says whether the environment is read", async () => {
  const cases: [permissions: string[], environment: string][] = [
    [[], '"not read: OKQ_… variables need --allow-env"'],
    [["--allow-env=OKQ_REQUIREPASS"], '"read OKQ_REQUIREPASS; others need --allow-env"'],
    [["--allow-env=OKQ_*"], '"read, but without --allow-env other names are not refused"'],
    [["--allow-env"], "read"],
  ];
  for (const [permissions, environment] of cases) {
    await using server = startServer("sqlite::memory:", [], { permissions: ["--allow-net", ...permissions] });
    await server.addr();
    server.kill("SIGTERM");
    const { stderr } = await server.ended;
    const [first] = stderr.split("\n");
    assert.ok(first.endsWith(` environment=${environment}`), first);
  }
});

programTest("With --log-format json every line is an object, also when okq cannot start", async () => {
  await using server = startServer("sqlite::memory:", ["--log-format", "json"]);
  await server.addr();
  server.kill("SIGTERM");
  const entries = (await server.ended).stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(entries.map(({ level, message }) => [level, message]), [
    ["info", "Started"],
    ["info", "Stopping"],
    ["info", "Stopped"],
  ]);
  assert.equal(entries[0].durability, "OK means in memory, until okq ends");
  const args = ["--store", "sqlite:/nowhere/okq.db", "--log-format", "json"];
  const { code, stderr } = await runProgram(args, { permissions: ["--allow-net", "--allow-read", "--allow-write"] });
  const { level, message, reason } = JSON.parse(stderr);
  assert.deepEqual([code, level, message, /nowhere/.test(reason)], [1, "error", "Cannot start", true]);
});
