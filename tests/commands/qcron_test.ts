import { assert } from "../deps.ts";
import { badQueues, type Refusal, refuses, syntaxError, wrongArity } from "../support/refusals.ts";
import { forEachStore } from "../support/stores.ts";
import { withFolder } from "../support/programs.ts";
import { writeUsers } from "../support/users.ts";
import { connect, type Shown } from "../support/wire.ts";

const DAILY = "0 9 * * 1-5";
const MINUTE_MS = 60_000;
const FIVE_FIELDS = "-ERR cron expression must have five fields: minute, hour, day of month, month and day of week";

/** Rows without their times, which must be numbers, or nil for a last time. */
function rulesOf(reply: Shown): Shown[][] {
  return (reply as Shown[][]).map(([queue, name, expression, zone, next, last, ...others]) => {
    assert.deepEqual(others, []);
    assert.ok(typeof next === "number" && next >= 0 && (last === null || typeof last === "number"));
    return [queue, name, expression, zone];
  });
}

await forEachStore((store) => {
  refuses(store, "QCRON", (queue) => {
    const set = (expression: string, ...options: string[]) => ["SET", queue, "n", expression, "", ...options];
    return [
      [[], wrongArity("QCRON")],
      [["NOPE", queue], "-ERR unknown subcommand 'NOPE'. Try QCRON HELP."],
      [["SET", queue, "n", DAILY], wrongArity("QCRON|SET")],
      [["SET", ...Array(11).fill("x")], wrongArity("QCRON|SET")],
      [["DEL", queue], wrongArity("QCRON|DEL")],
      [["DEL", queue, "n", "n"], wrongArity("QCRON|DEL")],
      [["LIST", queue, queue], wrongArity("QCRON|LIST")],
      ...badQueues((bad) => ["SET", bad, "n", DAILY, ""]),
      ...badQueues((bad) => ["DEL", bad, "n"]),
      ...badQueues((bad) => ["LIST", bad]),
      ...["", "n".repeat(129)].flatMap((name): Refusal[] => [
        [["SET", queue, name, DAILY, ""], "-ERR timetable name must be 1 to 128 bytes long"],
        [["DEL", queue, name], "-ERR timetable name must be 1 to 128 bytes long"],
      ]),
      [set(DAILY, "NOPE"), syntaxError("NOPE")],
      [set(DAILY, "TZ"), syntaxError("TZ")],
      [set(DAILY, "TZ", "UTC", "tz", "UTC"), syntaxError("tz")],
      [set(DAILY, "GROUP", ""), "-ERR group must be 1 to 512 bytes long"],
      [set(DAILY, "META", "m".repeat(4097)), "-ERR meta must be at most 4096 bytes long"],
      ...["", "* * * *", "* * * * * *", "0 0 1 1 * 2030", "@daily", "@every 5m", "2030-01-01T00:00:00"].map((text) =>
        [set(text), FIVE_FIELDS] as Refusal
      ),
      [set("* ".repeat(70)), "-ERR cron expression must be at most 128 bytes long"],
      [
        set("0 0 * * mo\r\nn"),
        /^-ERR cron expression has 'mo\\r\\nn' as day of week: it must be 0 to 7 or SUN to SAT, or \*/,
      ],
      [set("0 12:30 * * *"), /^-ERR cron expression has '12:30' as hour: it must be 0 to 23, or \*/],
      ...["60", "-1", "*/0", "5-1", "a", "1,,2", "1e1", "\x80", "*/70", "1/5"].map((minute): Refusal => [
        set(`${minute} * * * *`),
        /^-ERR cron expression has '[^']+' as minute: it must be 0 to 59, or \*, a range, a step or a list$/,
      ]),
      ...["* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * foo *", "* * * * 8"].map(
        (text): Refusal => [set(text), /^-ERR cron expression has '\w+' as [a-z ]+: it must be /],
      ),
      ...["0 0 30 2 *", "0 0 31 4,6,9,11 *"].map((text) =>
        [set(text), `-ERR cron expression '${text}' has no time to come`] as Refusal
      ),
      ...["", "x", "Europe", "Europe/Nowhere", "+02:00", "GMT+2 ", "z".repeat(65), "Europe/Berlin\r\n"].map((zone) =>
        [
          set(DAILY, "TZ", zone),
          /^-ERR time zone '[^\r\n]*' is unknown: an IANA name is needed, such as Europe\/Berlin$/,
        ] as Refusal
      ),
    ];
  });

  store.test("QCRON LIST shows what SET set, and DEL deletes it", async (okq) => {
    const client = await okq.connect();
    const [one, two] = [okq.queue(), okq.queue()].sort();
    assert.equal(await client.command("QCRON", "SET", two, "b", "  0  0 1\tJAN * ", "contents"), "+OK");
    assert.equal(await client.command("qcron", "set", one, "z", DAILY, "", "tz", "America/New_York"), "+OK");
    assert.equal(await client.command("QCRON", "SET", one, "a", "*/5 * * * *", "", "META", "", "GROUP", "g"), "+OK");
    const rows = [
      [one, "a", "*/5 * * * *", "UTC"],
      [one, "z", DAILY, "America/New_York"],
      [two, "b", "0 0 1 JAN *", "UTC"],
    ];
    const listed = await client.command("QCRON", "LIST") as Shown[][];
    assert.deepEqual(rulesOf(listed).filter(([queue]) => queue === one || queue === two), rows);
    assert.deepEqual(rulesOf(await client.command("QCRON", "LIST", one)), rows.slice(0, 2));
    const [[, , , , next, last]] = await client.command("QCRON", "LIST", one) as Shown[][];
    assert.ok(Number(next) <= 5 * MINUTE_MS && last === null);
    assert.deepEqual(await client.command("QSTATUS", one), [`${one} total: 0 processing: 0 consumers: 0`]);
    const active = await client.command("QSTATUS") as string[];
    assert.equal(active.filter((line) => line.startsWith(one) || line.startsWith(two)).length, 2);
    await client.command("QFLUSH", one);
    await client.command("HELLO", "3");
    assert.deepEqual(rulesOf(await client.command("QCRON", "LIST", one)), rows.slice(0, 2));
    assert.equal(await client.command("QCRON", "SET", one, "a", "0 * * * *", "other"), "+OK");
    assert.deepEqual(rulesOf(await client.command("QCRON", "LIST", one))[0], [one, "a", "0 * * * *", "UTC"]);
    assert.equal(await client.command("QCRON", "DEL", one, "a"), 1);
    assert.equal(await client.command("QCRON", "DEL", one, "a"), 0);
    assert.equal(await client.command("QCRON", "DEL", one, "z"), 1);
    assert.equal(await client.command("QCRON", "DEL", two, "b"), 1);
    assert.deepEqual(await client.command("QCRON", "LIST", one), []);
    const left = await client.command("QSTATUS") as string[];
    assert.deepEqual(left.filter((line) => line.startsWith(one) || line.startsWith(two)), []);
  });

  store.test("QCRON takes any bytes in names, group, meta and contents", async (okq) => {
    const client = await okq.connect();
    const [queue, name] = [`${okq.queue()}\0\xff*?[`, "\0\r\n\xff"];
    const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    const command = (...words: string[]) => client.command(...words.map(latin1));
    assert.equal(await command("QCRON", "SET", queue, name, DAILY, "\xfe".repeat(5000), "META", "\xff\r"), "+OK");
    const [[shownQueue, shownName]] = await command("QCRON", "LIST", queue) as string[][];
    assert.deepEqual([shownQueue, shownName], [queue, name]);
    assert.equal(await command("QCRON", "DEL", queue, name), 1);
  });

  store.test("QCRON SET refuses contents that are too long, and a timetable too many", async (okq) => {
    const { addr } = await okq.serve({ maxEventBytes: 10 });
    await using client = await connect(addr);
    const queue = okq.queue();
    const set = (name: string) => client.command("QCRON", "SET", queue, name, DAILY, "contents");
    assert.match(
      `${await client.command("QCRON", "SET", queue, "n", "0 9 * * *", "c".repeat(11))}`,
      /^-ERR (contents must be at most|argument of 11 bytes)/,
    );
    for (let i = 0; i < 1000; i++) assert.equal(await set(`${i}`), "+OK");
    assert.equal(await set("one more"), "-ERR too many timetables: a queue has at most 1000");
    assert.equal(await set("5"), "+OK");
    for (let i = 0; i < 1000; i++) await client.command("QCRON", "DEL", queue, `${i}`);
  });

  store.test("QCRON LIST without a queue shows only what the user may access", async (okq) => {
    const client = await okq.connect();
    const [mine, other] = [okq.queue(), okq.queue()];
    await withFolder(async (folder) => {
      await writeUsers(`${folder}/users`, ["ann", "secret", `admin,inspect ${mine}`]);
      const { addr } = await okq.serve({ users: `${folder}/users` });
      await using ann = await connect(addr);
      assert.equal(await ann.command("AUTH", "ann", "secret"), "+OK");
      assert.equal(await ann.command("QCRON", "SET", mine, "n", DAILY, ""), "+OK");
      const refused = "-NOPERM No permissions to access a key";
      assert.equal(await ann.command("QCRON", "SET", other, "n", DAILY, ""), refused);
      assert.equal(await ann.command("QCRON", "LIST", other), refused);
      assert.equal(await ann.command("QCRON", "DEL", other, "n"), refused);
      await client.command("QCRON", "SET", other, "n", DAILY, "");
      assert.deepEqual(rulesOf(await ann.command("QCRON", "LIST")), [[mine, "n", DAILY, "UTC"]]);
      await ann.command("QCRON", "DEL", mine, "n");
    });
    await client.command("QCRON", "DEL", other, "n");
  });
});
