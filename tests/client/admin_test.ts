import { Admin, Refused, Unavailable } from "../../mod.ts";
import { assert } from "../deps.ts";
import { CommandProxy } from "../support/command_proxy.ts";
import { hostPort } from "../support/consuming.ts";
import { programTest } from "../support/programs.ts";
import { forEachStore } from "../support/stores.ts";

await forEachStore(({ test }) => {
  test("Admin shows, changes and resets a policy", async ({ addr, queue }) => {
    const name = queue();
    await using admin = new Admin({ addresses: hostPort(addr) });
    const defaults = {
      maxAttempts: 0,
      deadQueue: `${name}:dead`,
      backoffMs: 0,
      backoffMaxMs: 0,
      maxLength: 0,
      leaseMs: 30_000,
      groupLimit: 1,
      rememberMs: 0,
      maxProcessing: 0,
      rate: 0,
    };
    assert.deepEqual(await admin.policy(name), defaults);
    const change = {
      maxAttempts: 5,
      backoffMs: 1500,
      backoffMaxMs: 60_000,
      maxLength: 9,
      leaseMs: 500,
      groupLimit: 3,
      rememberMs: 86_400_000,
      maxProcessing: 7,
      rate: 0.5,
    };
    await admin.setPolicy(name, change);
    await admin.setPolicy(name, {});
    assert.deepEqual(await admin.policy(name), { ...defaults, ...change });
    await assert.rejects(admin.setPolicy(name, { maxAttempts: -1 }), Refused);
    await admin.setPolicy(name, null);
    assert.deepEqual(await admin.policy(name), defaults);
  });

  test("Admin sets, lists and deletes timetables", async ({ addr, queue }) => {
    const name = queue();
    await using admin = new Admin({ addresses: hostPort(addr) });
    await admin.setTimetable(name, "leap", "0 0 29 2 *", new Uint8Array([0xff]), {
      zone: "Asia/Tokyo",
      group: "g",
      meta: "m",
    });
    await admin.setTimetable(name, "daily", "0 9 * * MON-FRI", "contents");
    const [daily, leap, ...others] = await admin.timetables(name);
    assert.deepEqual([daily.queue, daily.name, daily.expression, daily.zone, daily.lastMs, others], [
      ...[name, "daily", "0 9 * * MON-FRI", "UTC", null, []],
    ]);
    assert.deepEqual([leap.name, leap.zone], ["leap", "Asia/Tokyo"]);
    assert.ok(daily.nextMs > 0 && daily.nextMs <= 3 * 86_400_000);
    assert.equal((await admin.timetables()).filter(({ queue }) => queue === name).length, 2);
    await assert.rejects(admin.setTimetable(name, "never", "0 0 30 2 *", ""), Refused);
    assert.deepEqual([await admin.deleteTimetable(name, "leap"), await admin.deleteTimetable(name, "leap")], [
      true,
      false,
    ]);
    await admin.deleteTimetable(name, "daily");
    assert.deepEqual(await admin.timetables(name), []);
  });

  test("Admin lists, shows, cancels, moves and flushes events, and counts them", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await using admin = new Admin({ addresses: hostPort(addr) });
    const ids = Array.from({ length: 250 }, (_, i) => `${i}`);
    for (const id of ids) await wire.command("QLPUSH", name, id, "contents");
    await wire.command("QRPOP", name, "EX", "600");
    await wire.command("QNACK", name, "0", "DELAY", "600", "REASON", "why");
    assert.deepEqual((await Array.fromAsync(admin.list(name, { state: "ready" }))).map(({ id }) => id), ids.slice(1));
    const [delayed, ...others] = await Array.fromAsync(admin.list(name, { state: "delayed" }));
    assert.deepEqual([delayed.id, delayed.state, delayed.attempts, delayed.size, others], ["0", "delayed", 1, 8, []]);
    const details = (await admin.get(name, "0"))!;
    assert.deepEqual([details.id, details.state, details.reason, details.ttlMs], ["0", "delayed", "why", null]);
    assert.ok(details.dueMs > 0 && details.ageMs >= 0);
    assert.equal(new TextDecoder().decode(details.contents), "contents");
    assert.equal(await admin.get(name, "none"), null);
    assert.deepEqual([await admin.cancel(name, "0"), await admin.cancel(name, "0")], [true, false]);
    const [stats] = await admin.stats(name);
    assert.deepEqual([stats.queue, stats.total, stats.ready, stats.pushed, stats.acked], [name, 249, 249, 250, 1]);
    assert.equal(await admin.move(name, `${name}:dead`, 10), 10);
    assert.equal(await admin.move(name, `${name}:dead`), 239);
    await admin.flush(`${name}:dead`);
    assert.deepEqual((await admin.stats(name, `${name}:dead`)).map(({ total }) => total), [0, 0]);
  });

  test("Admin shows groups and meta, and lists by pattern", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await using admin = new Admin({ addresses: hostPort(addr) });
    for (const id of ["a-1", "a-2", "b-1"]) {
      await wire.command("QLPUSH", name, id, "x", "GROUP", id[0], "META", `n: ${id}`);
    }
    assert.deepEqual((await Array.fromAsync(admin.list(name, { state: "blocked" }))).map(({ id }) => id), ["a-2"]);
    const matching = await Array.fromAsync(admin.list(name, { match: "[a]-*" }));
    assert.deepEqual(matching.map(({ id, state }) => [id, state]).toSorted(), [["a-1", "ready"], ["a-2", "blocked"]]);
    const details = (await admin.get(name, "a-2"))!;
    assert.deepEqual([details.state, details.group], ["blocked", "a"]);
    assert.equal(new TextDecoder().decode(details.meta!), "n: a-2");
    const [{ ready, blocked, limited }] = await admin.stats(name);
    assert.deepEqual([ready, blocked, limited], [2, 1, false]);
  });

  test("Admin shows limits that hold, and ids that are remembered", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await using admin = new Admin({ addresses: hostPort(addr) });
    await admin.setPolicy(name, { rememberMs: 600_000, maxProcessing: 1 });
    const limited = async () => (await admin.stats(name))[0].limited;
    for (const id of ["1", "2"]) await wire.command("QLPUSH", name, id, "x", "GROUP", id, "META", "n: 1");
    assert.equal(await limited(), false);
    assert.deepEqual(await wire.command("QRPOP", name, "EX", "600"), ["1", "x"]);
    assert.equal(await limited(), true);
    assert.equal(await admin.cancel(name, "1"), true);
    const { state, dueMs, group, meta, contents, ttlMs } = (await admin.get(name, "1"))!;
    assert.deepEqual([state, group, meta, contents.length, ttlMs], ["done", null, null, 0, null]);
    assert.ok(dueMs > 0 && dueMs <= 600_000);
    await admin.setPolicy(name, null);
  });

  test("Admin pauses and resumes a queue", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await using admin = new Admin({ addresses: hostPort(addr) });
    await wire.command("QLPUSH", name, "1", "x");
    for (const forMs of [undefined, 600_000]) {
      await admin.pause(name, forMs);
      assert.equal((await admin.stats(name))[0].paused, true);
      assert.equal(await wire.command("QRPOP", name), null);
      await admin.resume(name);
    }
    assert.deepEqual(await wire.command("QRPOP", name), ["1", "x"]);
    await assert.rejects(admin.pause(name, 0), RangeError);
  });

  test("Admin connects again after a lost connection, and repeats nothing", async ({ addr, queue }) => {
    const name = queue();
    await using proxy = new CommandProxy(addr);
    await using admin = new Admin({ addresses: proxy.address });
    await admin.flush(name);
    proxy.droppingReply = true;
    await assert.rejects(admin.flush(name), (error) => error instanceof Unavailable && error.outcomeUnknown);
    await admin.flush(name);
    assert.equal(proxy.count("QFLUSH"), 3);
  });
});

programTest("A closed Admin refuses to work", async () => {
  const admin = new Admin();
  await admin.close();
  await assert.rejects(admin.flush("q"), /closed/);
});
