import { assert } from "../../deps.ts";
import { runProgram, startServer } from "../../support/process.ts";
import { programTest, redisTest, withFolder } from "../../support/programs.ts";
import { startRedis } from "../../support/redis_server.ts";
import { connect } from "../../support/wire.ts";

/** The counts that `store check` prints. */
function countsOf(text: string): Record<string, number> {
  const rows = [...text.matchAll(/^(\w+) +(\d+)$/gm)];
  return Object.fromEntries(rows.map(([, name, count]) => [name, Number(count)]));
}

const COUNTS = { queues: 1, events: 2, processing: 1, flushed: 0, timetables: 0, orphans: 0 };

redisTest("store check counts the events in Redis while okq runs, and exits with 1 for an orphan", async () => {
  await using redis = await startRedis();
  await using server = startServer(redis.url);
  await using client = await connect(await server.addr());
  for (const id of ["1", "2"]) await client.command("QLPUSH", "jobs", id, "contents");
  await client.command("QRPOP", "jobs", "EX", "3600");
  const sound = await runProgram(["store", "check", "--store", redis.url]);
  assert.deepEqual([sound.code, countsOf(sound.stdout)], [0, COUNTS], sound.stderr);

  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await direct.command("DEL", "okq:timers");
  const { code, stdout } = await runProgram(["store", "check", "--store", redis.url]);
  assert.deepEqual([code, countsOf(stdout)], [1, { ...COUNTS, orphans: 1 }]);
  assert.match(stdout, /^ {2}1 timetables, or queues with leases, delays or pauses, that have no timer$/m);
});

programTest("store check counts the events in a file that no okq has open", async () => {
  await withFolder(async (folder) => {
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const store = `sqlite:${folder}/okq.db`;
    const check = () => runProgram(["store", "check", "--store", store], { permissions });
    const none = await check();
    assert.deepEqual([none.code, none.stdout], [1, ""]);
    assert.match(none.stderr, /^okq: Opening "[^\n]*okq\.db" failed: there is no store in it\n$/);
    {
      await using server = startServer(store, [], { permissions });
      await using client = await connect(await server.addr());
      for (const id of ["1", "2"]) await client.command("QLPUSH", "jobs", id, "contents");
      await client.command("QRPOP", "jobs", "EX", "3600");
      const busy = await check();
      assert.deepEqual([busy.code, busy.stdout], [1, ""]);
      assert.match(busy.stderr, /^okq: [^\n]* it is in use by another okq\n$/);
      // Killed, the server leaves its write-ahead log beside the file.
    }
    const { code, stdout, stderr } = await check();
    assert.deepEqual([code, countsOf(stdout)], [0, COUNTS], stderr);
  });
});

programTest("store check refuses other words and unknown options, with one line and exit code 2", async () => {
  for (const args of [["store"], ["store", "mend"], ["store", "check", "--nope"], ["store", "check", "this"]]) {
    const { code, stdout, stderr } = await runProgram(args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^okq: Cannot use [^\n]+\n$/);
  }
});
