import { migrateCommand } from "../../migrate/migrate.ts";
import { openRecordReader, openRecordWriter } from "../../store/open.ts";
import type { RecordWriter } from "../../store/records.ts";
import { copy } from "../../migrate/copy.ts";
import { compareBytes, keyOf } from "../../store/bytes.ts";
import { emptyReport } from "../../store/consistency.ts";
import { assert } from "../deps.ts";
import { GoOkq } from "./go_okq.ts";
import { dumpOf, fill, QUIET, SETTINGS, withStore } from "../support/dumps.ts";
import { eventually } from "../support/eventually.ts";
import { Program, runProgram, startServer } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { startCluster } from "../support/redis_cluster.ts";
import { startSentinelRedis } from "../support/redis_sentinel.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { bytes } from "../store/contract/suite.ts";
import { connect } from "../support/wire.ts";

const SILENT = { report: () => {} };

/** Migrates without watching for long. */
function move(from: string, to: string) {
  return migrateCommand(["--from", from, "--store", to, ...QUIET], { watchMs: 1 });
}

/** What a store does from then on: its events in the order of their deliveries, and what is left at the end. */
function behaviour(url: string): Promise<string[]> {
  return withStore(url, async (store) => {
    const seen: string[] = [];
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    for (const queue of (await store.active()).sort(compareBytes)) {
      const { total, processing, ready, delayed, blocked, paused } = await store.status(queue);
      seen.push(`${keyOf(queue)}: ${[total, processing, ready, delayed, blocked, paused]}`);
      seen.push(...(await store.timetables(queue)).map(({ name, nextAt, size }) => `${keyOf(name)} ${nextAt} ${size}`));
      await store.resume(queue);
      await store.setPolicy(queue, { rate: 0, maxProcessing: 0 });
      for (let events; (events = await store.claim(queue, 50, 3_600_000)).length > 0;) {
        for (const { id, contents, attempt, group, meta } of events) {
          seen.push(`${keyOf(id)} ${contents.length} ${attempt} ${group} ${meta?.length}`);
        }
        await store.ackAll(queue, events);
      }
      const { events } = await store.list(queue, undefined, "0", 250);
      seen.push(...events.map(({ id, state, attempts, size }) => `${keyOf(id)} ${state} ${attempts} ${size}`).sort());
      for (const { id } of events) await store.ack(queue, id);
      seen.push(`${(await store.status(queue)).total}`);
    }
    for (let i = 0; i < 5; i++) await store.reclaim();
    assert.deepEqual((await store.check()).orphans, emptyReport().orphans);
    return seen;
  });
}

redisTest("migrate copies everything from any store to any other, and nothing changes", async () => {
  await using redis = await startRedis();
  await using cluster = await startCluster();
  await using sentinel = await startSentinelRedis({ replicas: 0 });
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await withFolder(async (folder) => {
    const first = `sqlite:${folder}/first.db`;
    await withStore(first, fill);
    const dump = await dumpOf(first);
    assert.ok(dump.split("\n").length > 1300);
    const urls = [
      first,
      redis.url,
      cluster.url,
      sentinel.url,
      `sqlite:${folder}/second.db`,
      `sqlite:${folder}/third.db`,
    ];
    for (const [i, url] of urls.slice(1).entries()) {
      const { text, ok } = await move(urls[i], url);
      assert.deepEqual([ok, await dumpOf(url) === dump, await dumpOf(urls[i]) === dump], [true, true, true], url);
      assert.match(
        text,
        /^queues +11\ntimetables +12\nevents +\d{4}\nremembered +13\nBoth stores hold the same\. [^\n]+$/,
      );
    }
    const expected = await behaviour(first);
    assert.ok(expected.length > 1300);
    for (const url of urls.slice(1)) assert.deepEqual(await behaviour(url), expected, url);
    const left = await direct.command("KEYS", "okq:*") as string[];
    assert.deepEqual(left.filter((key) => /:(groups|blocked):/.test(key)), []);
  });
});

redisTest("migrate copies what Redis and a Cluster have made, and nothing changes", async () => {
  await using redis = await startRedis();
  await using cluster = await startCluster();
  await withFolder(async (folder) => {
    for (const [i, url] of [redis.url, cluster.url].entries()) {
      await withStore(url, fill);
      const dump = await dumpOf(url);
      const [file, other] = [`sqlite:${folder}/${i}.db`, redis.url.replace(/0$/, `${i + 1}`)];
      await move(url, file);
      await move(file, other);
      assert.deepEqual([await dumpOf(file) === dump, await dumpOf(other) === dump], [true, true], url);
      const expected = await behaviour(url);
      assert.deepEqual(await behaviour(file), expected);
      assert.deepEqual(await behaviour(other), expected);
    }
  });
});

/** Ends each run before or after its `step`th step. */
function interrupted(writer: RecordWriter, step: number, isAfter: boolean): RecordWriter {
  let steps = 0;
  const interrupt = (name: "begin" | "write" | "finish") => {
    const original = writer[name].bind(writer) as (...args: unknown[]) => Promise<void>;
    return async (...args: unknown[]) => {
      const isLast = ++steps === step;
      if (isLast && !isAfter) throw new Error("interrupted");
      await original(...args);
      if (isLast) throw new Error("interrupted");
    };
  };
  const names = ["begin", "write", "finish"] as const;
  return Object.assign(writer, Object.fromEntries(names.map((name) => [name, interrupt(name)])));
}

redisTest("migrate ends the same if it is interrupted before or after each step", async () => {
  await using redis = await startRedis();
  await withFolder(async (folder) => {
    const source = `sqlite:${folder}/source.db`;
    await withStore(source, fill);
    const dump = await dumpOf(source);
    for (const target of [redis.url, `sqlite:${folder}/target.db`]) {
      for (let step = 1, isDone = false; !isDone; step++) {
        for (const isAfter of [false, true]) {
          const reader = await openRecordReader({ ...SETTINGS, store: source });
          const writer = await openRecordWriter({ ...SETTINGS, store: target }, SILENT);
          try {
            await copy(reader, interrupted(writer, step, isAfter), { watchMs: 0, progress: () => {} });
            isDone = true;
            break;
          } catch (error) {
            const { message } = error as Error;
            // After its last step the target is complete: the next run refuses it.
            isDone = /holds okq data already/.test(message);
            assert.ok(isDone || message === "interrupted", message);
            if (isDone) break;
          } finally {
            reader.close();
            writer.close();
          }
          if (step !== 3) continue;
          const opening = withStore(target, () => Promise.resolve());
          await assert.rejects(opening, { message: /a migration or load into it is not complete; repeat that, or/ });
        }
      }
      assert.equal(await dumpOf(target), dump);
    }
  });
});

redisTest("migrate ends the same if it is killed several times", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  await withFolder(async (folder) => {
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const [first, last] = [`sqlite:${folder}/first.db`, `sqlite:${folder}/last.db`];
    await withStore(first, async (store) => {
      for (let i = 0; i < 20; i++) {
        const events = Array.from({ length: 1000 }, (_, j) => ({ id: bytes(`${i}-${j}`), contents: bytes(`c${j}`) }));
        await store.pushAll(bytes(`jobs ${i % 7}`), events, "left");
      }
    });
    const dump = await dumpOf(first);
    const begun = {
      [redis.url]: async () => Number(await direct.command("EXISTS", "okq:loading")) === 1,
      [last]: async () => await Deno.stat(`${folder}/last.db-wal`).then(({ size }) => size > 0, () => false),
    };
    for (const [from, to] of [[first, redis.url], [redis.url, last]]) {
      const args = ["migrate", "--from", from, "--store", to, ...QUIET];
      for (let kills = 0; kills < 2; kills++) {
        await using program = new Program(args, { permissions });
        await eventually(begun[to]);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
        program.kill("SIGKILL");
      }
      const { code, stderr } = await runProgram(args, { permissions });
      assert.ok(code === 0 || /holds okq data already/.test(stderr), stderr); // the last kill came too late
      assert.equal(await dumpOf(to), dump);
    }
  });
});

redisTest(
  "migrate refuses a target that is not empty, and one that holds the beginning of something else",
  async () => {
    await using redis = await startRedis();
    await withFolder(async (folder) => {
      const [source, other] = [`sqlite:${folder}/source.db`, `sqlite:${folder}/other.db`];
      await withStore(source, async (store) => void await store.push(bytes("jobs"), bytes("1"), bytes("c"), "left"));
      await withStore(other, async (store) => void await store.push(bytes("jobs"), bytes("2"), bytes("c"), "left"));
      for (const target of [redis.url, `sqlite:${folder}/target.db`]) {
        await withStore(target, async (store) => await store.setPolicy(bytes("q"), { maxLength: 1 }));
        const full = /^Cannot fill this store: it holds okq data already; use [^\n]+$/;
        await assert.rejects(move(source, target), { message: full });
        await withStore(target, async (store) => await store.setPolicy(bytes("q"), null));
        const reader = await openRecordReader({ ...SETTINGS, store: source });
        const writer = await openRecordWriter({ ...SETTINGS, store: target }, SILENT);
        const interruptedRun = copy(reader, interrupted(writer, 2, true), { watchMs: 0, progress: () => {} });
        await assert.rejects(interruptedRun, { message: "interrupted" });
        reader.close();
        writer.close();
        const different =
          /^The target holds the beginning of something else in the queue "jobs": empty it, then repeat this$/;
        await assert.rejects(move(other, target), { message: different });
        await move(source, target);
        assert.equal(await dumpOf(target), await dumpOf(source));
      }
    });
  },
);

redisTest("migrate refuses a source in use, and one that is its own target", async () => {
  await using redis = await startRedis();
  await withFolder(async (folder) => {
    const file = `sqlite:${folder}/okq.db`;
    await withStore(redis.url, async (store) => {
      await store.push(bytes("jobs"), bytes("1"), bytes("c"), "left");
      await store.register(bytes("jobs"), 1);
      const used =
        /^Cannot migrate while the source is in use: an okq has consumers there; stop it, [^\n]+ (29|30) s; then repeat/;
      await assert.rejects(move(redis.url, file), { message: used });
      await store.register(bytes("jobs"), 0);
    });
    await withStore(redis.url, async (store) => {
      let pushed = 1;
      const timer = setInterval(() => store.push(bytes("jobs"), bytes(`${++pushed}`), bytes("c"), "left"), 5);
      const changing = migrateCommand(["--from", redis.url, "--store", file, ...QUIET], { watchMs: 500 });
      const message = "Cannot migrate while the source is in use: its queues change; stop the okq that uses it; " +
        "then repeat this command";
      await assert.rejects(changing, { message }).finally(() => clearInterval(timer));
    });
    await withStore(file, async () => {
      await assert.rejects(move(redis.url, file), { message: /okq\.db" failed: it is in use by another okq$/ });
      const target = redis.url.replace(/0$/, "1");
      await assert.rejects(move(file, target), { message: /okq\.db" failed: it is in use by another okq$/ });
    });
    const same = redis.url.replace("127.0.0.1", "localhost");
    await assert.rejects(move(redis.url, same), { message: /holds okq data already/ });
  });
});

programTest("migrate runs with the permissions that the docs name", async () => {
  await withFolder(async (folder) => {
    await withStore(`sqlite:${folder}/a.db`, fill);
    const args = ["migrate", "--from", `sqlite:${folder}/a.db`, "--store", `sqlite:${folder}/b.db`];
    const permissions = ["--allow-read", "--allow-write"];
    const { code, stdout, stderr } = await runProgram(args, { permissions });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /\nBoth stores hold the same\. Do not start okq on the old one again\.\n$/);
  });
});

redisTest("migrateCommand moves events to a file, goes on after it was killed, and prints a report", async () => {
  const count = 40_000; // so many that it is killed in the middle
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const go = new GoOkq(direct);
  const ids = Array.from({ length: count }, (_, i) => `${i}`);
  for (let from = 0; from < count; from += 10_000) {
    const part = ids.slice(from, from + 10_000);
    await go.do("HSET", "queue:{jobs}:items", ...part.flatMap((id) => [id, `c-${id}`]));
    await go.do("LPUSH", "queue:{jobs}", ...part);
  }
  await withFolder(async (folder) => {
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const store = `sqlite:${folder}/okq.db`;
    const args = ["migrate", "--from", redis.url, "--store", store, "--store-timeout", "60"];
    {
      await using killed = new Program(args, { permissions });
      await eventually(async () => assert.ok(Number(await go.do("LLEN", "queue:{jobs}")) < count));
      killed.kill("SIGKILL");
    }
    assert.ok(Number(await go.do("LLEN", "queue:{jobs}")) > 0);
    const { code, stdout, stderr } = await runProgram(args, { permissions });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^queues +1\nmoved +\d+\nkept +0\n$/);
    assert.deepEqual(await go.left(), []);

    await using server = startServer(store, [], { permissions });
    await using client = await connect(await server.addr());
    assert.deepEqual(await client.command("QSTATUS", "jobs"), [`jobs total: ${count} processing: 0 consumers: 0`]);
    const popped = [];
    for (let i = 0; i < count / 1000; i++) {
      const claimed = await client.command("QCLAIM", "COUNT", "1000", "QUEUES", "jobs") as string[][];
      popped.push(...claimed.map(([, id]) => id));
    }
    assert.deepEqual(popped, ids);
  });
});

redisTest("migrateCommand moves events within a Cluster, and exits with 1 if some were kept", async () => {
  await using cluster = await startCluster();
  const [{ port }] = cluster.servers;
  await using client = await connect({ hostname: "127.0.0.1", port });
  const go = new GoOkq(client);
  // Queues in the slots of one node.
  const names = [];
  for (let i = 0; names.length < 3; i++) {
    if (`${await client.command("LLEN", `queue:{q${i}}`)}`.startsWith("-")) continue;
    names.push(`q${i}`);
    await go.push(`q${i}`, "1");
    await go.push(`q${i}`, "i".repeat(1025));
  }
  const { code, stdout, stderr } = await runProgram([
    "migrate",
    "--from",
    cluster.url,
    "--store",
    cluster.url,
    "--store-timeout",
    "60",
  ]);
  assert.equal(code, 1, stderr);
  const reason = "  3 because their ids or queue names are empty or too long";
  assert.match(stdout, new RegExp(`^queues +3\nmoved +3\nkept +3\n${reason}\n$`));
  assert.deepEqual(await go.do("LRANGE", `queue:{${names[0]}}`, "0", "-1"), ["i".repeat(1025)]);
});

redisTest("migrateCommand refuses an okq in use and keys of other programs, and shows its progress", async () => {
  await using redis = await startRedis();
  await using direct = await connect({ hostname: "127.0.0.1", port: redis.port });
  const go = new GoOkq(direct);
  await go.push("jobs", "1");
  await go.register("jobs", "consumer");
  const args = ["--from", redis.url, "--store", "sqlite::memory:"];
  const options = { watchMs: 1 };
  const used = /^Cannot migrate while the source is in use: queue:\{jobs\}:consumers [^\n]+; then repeat this command$/;
  await assert.rejects(migrateCommand(args, options), { message: used });
  assert.equal(await go.do("LLEN", "queue:{jobs}"), 1);

  await go.do("DEL", "queue:{jobs}:consumers");
  await go.do("SET", "queue:{other}", "a string");
  const foreign = /^Cannot migrate queue:\{other\}: [^\n]+; rename or delete them$/;
  await assert.rejects(migrateCommand(args, options), { message: foreign });
  await go.do("DEL", "queue:{other}");
  let line = () => "";
  const show = (text: () => string) => {
    line = text;
    return () => Promise.resolve();
  };
  const { text, ok } = await migrateCommand([`--from=${redis.url}`, ...args.slice(2)], { ...options, show });
  assert.match(line(), /^\[#{20}\] 100 % {2}1 of 1, \d+\/s, 0 s left$/);
  assert.deepEqual([text.replaceAll(/ +/g, " "), ok], ["queues 1\nmoved 1\nkept 0", true]);
});

Deno.test("migrateCommand says in one line what is wrong with its arguments", async () => {
  for (const args of [[], ["--from"], ["--from", "okq.db"], ["--from", "http://h"]]) {
    const message = /^Cannot migrate: --from with the old store is required; it must be redis:[^\n]+$/;
    await assert.rejects(migrateCommand(args), { name: "ConfigError", message });
  }
  const message = /^Cannot use "--nope": [^\n]+$/;
  await assert.rejects(migrateCommand(["--from=redis://h", "--nope"]), { name: "ConfigError", message });
});

Deno.test("migrateCommand says which Redis it cannot reach", async () => {
  const args = ["--from", `redis://127.0.0.1:${freePort()}`, "--store-timeout", "0.1"];
  const message =
    /^Interrupted: Redis at 127\.0\.0\.1:\d+ cannot be reached: [^\n]+; no event is lost, repeat this command$/;
  await assert.rejects(migrateCommand(args), { message });
});
