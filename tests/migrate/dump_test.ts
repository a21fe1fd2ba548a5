import { dumpCommand, loadCommand } from "../../migrate/dump.ts";
import { assert } from "../deps.ts";
import { dumpOf, fill, loadInto, withStore } from "../support/dumps.ts";
import { runProgram } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { readSource, ROOT } from "../support/sources.ts";
import { startRedis } from "../support/redis_server.ts";
import { bytes } from "../store/contract/suite.ts";

redisTest("load restores what dump has written, into any store", async () => {
  await using redis = await startRedis();
  await withFolder(async (folder) => {
    const [first, last] = [`sqlite:${folder}/first.db`, `sqlite:${folder}/last.db`];
    await withStore(first, fill);
    const dump = await dumpOf(first);
    assert.equal(dump.split("\n", 1)[0], '{"okq":"dump","version":1}');
    const { text, ok } = await loadInto(redis.url, dump);
    assert.deepEqual([text.replaceAll(/ +/g, " ").split("\n")[0], ok], ["queues 11", true]);
    assert.equal(await dumpOf(redis.url), dump);
    // Lines may be written in another way, and the last line feed may be missing.
    const loose = dump.replaceAll('":', '" : ').replace(/\n$/, "");
    await loadInto(last, loose);
    assert.equal(await dumpOf(last), dump);
  });
});

redisTest("The dump in docs/migrating.md is loaded as it is", async () => {
  const [, example] = /^```json\n([^]*?)^```/m.exec(await readSource("docs/migrating.md"))!;
  assert.equal(example.split("\n").length, 10);
  await using redis = await startRedis();
  await withFolder(async (folder) => {
    for (const url of [redis.url, `sqlite:${folder}/okq.db`]) {
      await loadInto(url, example);
      assert.equal(await dumpOf(url), example);
    }
  });
});

const EMPTY = '{"okq":"dump","version":1}\n{"end":{"queues":0,"timetables":0,"events":0,"done":0}}\n';

/** One after the other from the second line on. */
const LINES = [
  '{"queue":"a","policy":{"rememberMs":1000}}',
  '{"event":"1","state":"ready","pushedAt":1,"contents":"c"}',
  '{"event":"2","state":"processing","dueAt":5,"pushedAt":1,"contents":"c"}',
  '{"event":"3","state":"blocked","pushedAt":1,"group":"g","contents":"c"}',
  '{"event":"4","state":"done","dueAt":5}',
  '{"queue":"b","pausedUntil":null}',
  '{"timetable":"t","expression":"0 3 * * *","zone":"UTC","nextAt":5,"contents":"c"}',
];

function withLine(line: number, text: string): string {
  const all = ['{"okq":"dump","version":1}', ...LINES, '{"end":{"queues":2,"timetables":1,"events":3,"done":1}}'];
  return all.with(line - 1, text).join("\n") + "\n";
}

const REFUSED: [dump: string | Uint8Array, line: number, reason: RegExp][] = [
  ["", 1, /^there is nothing in it$/],
  ["\n", 1, /^it is not JSON: it may have been cut off$/],
  ["[]\n", 1, /^it is no JSON object$/],
  ['{"queue":"a"}\n', 1, /^it is no dump: the first line must begin with \{"okq":"dump"$/],
  ['{"okq":"dump","version":2}\n', 1, /^"version" must be 1, the one that this okq knows$/],
  [EMPTY.slice(0, -3), 2, /^it is not JSON: it may have been cut off$/],
  [EMPTY.slice(0, 27), 2, /^the line with "end" is missing: the dump is not complete$/],
  [`${EMPTY}{"queue":"a"}\n`, 3, /^nothing may follow the line with "end"$/],
  [bytes(EMPTY).fill(0xff, 20, 21), 1, /^it is not UTF-8$/],
  [EMPTY.replace('"events":0', '"events":1'), 2, /^it counts 1 events, and 0 came before it: lines are missing$/],
  [EMPTY.replace(',"done":0', ""), 2, /^"done" is missing$/],
  [withLine(2, '{"event":"1"}'), 2, /^a line with "queue" must come before those with "event"$/],
  [withLine(2, '{"queue":""}'), 2, /^"queue" must be text or \{"base64": text\} of 1 to 512 bytes$/],
  [withLine(2, '{"queue":{"base64":"/x=="}}'), 2, /^"queue" must be text/],
  [withLine(2, '{"queue":"\\ud800"}'), 2, /^"queue" must be text/],
  [withLine(2, '{"queue":"a","policy":{"ttl":1}}'), 2, /^it has an unknown field "ttl": known are maxAttempts, /],
  [
    withLine(2, '{"queue":"a","policy":{"groupLimit":0}}'),
    2,
    /^"groupLimit" must be a whole number from 1 to 1000000$/,
  ],
  [withLine(2, '{"queue":"a","policy":{"deadQueue":"a"}}'), 2, /^"a" cannot be the dead queue: /],
  [withLine(2, '{"queue":"a","pausedUntil":"now"}'), 2, /^"pausedUntil" must be null, or a whole number from 0 /],
  [
    withLine(3, '{"event":"1","state":"ready","pushedAt":1,"contents":"c","colour":1}'),
    3,
    /^it has an unknown field "colo/,
  ],
  [
    withLine(3, '{"event":"1","state":"gone","pushedAt":1,"contents":"c"}'),
    3,
    /^"state" must be "ready", "processing", /,
  ],
  [withLine(3, '{"event":"1","state":"ready","pushedAt":1}'), 3, /^"contents" is missing$/],
  [
    withLine(3, '{"event":"1","state":"ready","dueAt":1,"pushedAt":1,"contents":"c"}'),
    3,
    /^an event that is "ready" has no "dueAt"$/,
  ],
  [
    withLine(3, '{"event":"1","state":"ready","pushedAt":1.5,"contents":"c"}'),
    3,
    /^"pushedAt" must be a whole number /,
  ],
  [
    withLine(3, '{"event":"1","state":"ready","pushedAt":1,"reason":"r","contents":"c"}'),
    3,
    /^"reason" requires "failures"$/,
  ],
  [withLine(3, '{"event":"1","state":"ready","pushedAt":1,"outside":true,"contents":"c"}'), 3, /^"group" is missing$/],
  [withLine(4, '{"event":"2","state":"processing","pushedAt":1,"contents":"c"}'), 4, /^"dueAt" is missing$/],
  [
    withLine(4, '{"event":"1","state":"processing","dueAt":5,"pushedAt":1,"contents":"c"}'),
    4,
    /^the queue has the event "1" already$/,
  ],
  [withLine(4, '{"event":"2","state":"delayed","dueAt":5,"pushedAt":1,"contents":"c"}'), 4, /^"side" is missing$/],
  [withLine(5, '{"event":"3","state":"blocked","pushedAt":1,"contents":"c"}'), 5, /^"group" is missing$/],
  [
    withLine(5, '{"event":"3","state":"ready","pushedAt":1,"contents":"c"}'),
    5,
    /^events that are "ready" must come before those that /,
  ],
  [
    withLine(5, '{"event":"3","state":"processing","dueAt":4,"pushedAt":1,"contents":"c"}'),
    5,
    /must be sorted by "dueAt"$/,
  ],
  [
    withLine(5, '{"event":"0","state":"processing","dueAt":5,"pushedAt":1,"contents":"c"}'),
    5,
    /must be sorted by "event"$/,
  ],
  [
    withLine(6, '{"event":"4","state":"done","dueAt":5,"contents":"c"}'),
    6,
    /^an event that is "done" has no "contents"$/,
  ],
  [withLine(7, '{"queue":"a"}'), 7, /^queues must be sorted, and each is there once: "a" follows$/],
  [withLine(8, LINES[0].replace("a", "b")).replace(',"pausedUntil":null', ""), 8, /^queues must be sorted, and each /],
  [withLine(7, '{"queue":"b"}').replace(/\{"timet.*\n/, ""), 8, /^the queue "b" before it holds nothing$/],
  [withLine(8, LINES[6].replace("0 3", "60 3")), 8, /^cron expression has '60' as minute: it must be 0 to 59, /],
  [withLine(8, LINES[6].replace("UTC", "Mars")), 8, /^[^\n]*zone[^\n]*Mars/],
  [withLine(8, LINES[6].replace('"nextAt":5,', "")), 8, /^"nextAt" is missing$/],
  [withLine(8, `${LINES[6]}\n${LINES[6]}`), 9, /^timetables of a queue must be sorted, and each is there once$/],
  [
    withLine(3, LINES[6]).replace("}\n", '}\n{"event":"0","state":"ready","pushedAt":1,"contents":""}\n'),
    2,
    /^a line with "q/,
  ],
  [withLine(4, LINES[6]), 4, /^timetables must come before events$/],
  [withLine(7, '{"queue":"b"'), 7, /^it is not JSON: it may have been cut off$/],
  [withLine(7, '{"name":"x"}'), 7, /^it must begin with "queue", "timetable", "event" or "end"$/],
];

redisTest("load refuses a line that is wrong with its number, and leaves the store empty", async () => {
  await using redis = await startRedis();
  await withFolder(async (folder) => {
    for (const url of [redis.url, `sqlite:${folder}/okq.db`]) {
      for (const [dump, line, reason] of REFUSED) {
        await assert.rejects(loadInto(url, dump), ({ message }: Error) => {
          const [, number, why] = /^Cannot load line (\d+): (.*); nothing was loaded$/.exec(message) ?? [];
          assert.equal(Number(number), line, message);
          assert.match(why, reason);
          return true;
        });
      }
      await withStore(url, async (store) => assert.deepEqual(await store.active(), []));
      assert.equal(await dumpOf(url), EMPTY);
      await loadInto(url, withLine(2, LINES[0]));
      assert.equal(await dumpOf(url), withLine(2, LINES[0]));
    }
  });
});

redisTest("load goes on where it was interrupted, and refuses a wrong line then, too", async () => {
  await using redis = await startRedis();
  const line = (i: number) => `{"event":"${i}","state":"ready","pushedAt":1,"contents":"c"}\n`;
  const many = Array.from({ length: 5000 }, (_, i) => line(i));
  const begin = ['{"okq":"dump","version":1}\n{"queue":"a"}\n', ...many];
  const dump = `${begin.join("")}{"end":{"queues":1,"timetables":0,"events":5000,"done":0}}\n`;
  const wrong = `${begin.join("")}${line(7)}{"end":{"queues":1,"timetables":0,"events":5001,"done":0}}\n`;
  await withFolder(async (folder) => {
    for (const url of [redis.url, `sqlite:${folder}/okq.db`]) {
      for (const lines of [1000, 2500, 4999]) {
        const input = async function* () {
          yield await Promise.resolve(bytes(begin.slice(0, lines).join("")));
          throw new Error("the pipe broke");
        };
        await assert.rejects(loadCommand(["--store", url], { input: input() }), { message: "the pipe broke" });
        await assert.rejects(withStore(url, () => Promise.resolve()), { message: /is not complete; repeat that, or/ });
      }
      await loadInto(url, dump);
      assert.equal(await dumpOf(url), dump);
      await assert.rejects(loadInto(url, dump), {
        message: /^Cannot fill this store: it holds okq data already; use /,
      });
      await withStore(url, (store) => store.flush(bytes("a")));
    }
    const url = redis.url;
    const input = async function* () {
      yield await Promise.resolve(bytes(begin.slice(0, 3000).join("")));
      throw new Error("the pipe broke");
    };
    await assert.rejects(loadCommand(["--store", url], { input: input() }), { message: "the pipe broke" });
    const message = 'Cannot load line 5003: the queue has the event "7" already; nothing was loaded';
    await assert.rejects(loadInto(url, wrong), { message });
    assert.equal(await dumpOf(url).catch(({ message }) => message.split(":")[0]), "Cannot use this Redis");
    await loadInto(url, EMPTY);
  });
});

Deno.test("load refuses contents and lines that are too long, and a store in memory", async () => {
  await withFolder(async (folder) => {
    const args = ["--store", `sqlite:${folder}/okq.db`, "--max-event-bytes", "10"];
    const load = (text: string) => loadCommand(args, { input: ReadableStream.from([bytes(text)]) });
    const long = withLine(3, '{"event":"1","state":"ready","pushedAt":1,"contents":"12345678901"}');
    const contents =
      "Cannot load line 3: its contents have 11 bytes, and --max-event-bytes allows 10; nothing was loaded";
    await assert.rejects(load(long), { message: contents });
    const line =
      /^Cannot load line 2: it has more than 65596 bytes, the most that --max-event-bytes allows; nothing was /;
    await assert.rejects(load(`{"okq":"dump","version":1}\n${" ".repeat(70_000)}`), { message: line });
  });
  const memory = { message: "Cannot use this --store: what is in memory is gone when this command ends" };
  await assert.rejects(loadInto("sqlite::memory:", EMPTY), memory);
  await assert.rejects(dumpCommand(["--store", "sqlite::memory:"]), { message: /there is no store in it$/ });
});

programTest("dump and load work in a pipe, as the docs say", async () => {
  await withFolder(async (folder) => {
    await withStore(`sqlite:${folder}/a.db`, fill);
    const okq = `${Deno.execPath()} run --no-prompt --no-check --allow-read --allow-write server.ts`;
    const script = `${okq} dump --store sqlite:${folder}/a.db | ${okq} load --store sqlite:${folder}/b.db`;
    const { code, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", script], cwd: ROOT }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^queues +11\ntimetables +12\nevents +\d+\nremembered +13\n$/);
    assert.equal(await dumpOf(`sqlite:${folder}/b.db`), await dumpOf(`sqlite:${folder}/a.db`));
    const missing = await runProgram(["dump", "--store", `sqlite:${folder}/c.db`], {
      permissions: ["--allow-read", "--allow-write"],
    });
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
    assert.match(missing.stderr, /^okq: [^\n]+\n$/);
  });
});
