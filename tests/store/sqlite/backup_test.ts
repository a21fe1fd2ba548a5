import { assert } from "../../deps.ts";
import { backupSqliteStore } from "../../../store/sqlite/backup.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { runProgram, startServer } from "../../support/process.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { bytes, connect, type Wire } from "../../support/wire.ts";

const CONTENTS = "x".repeat(1000);

/** Pushes events in batches until the signal aborts. Returns how many were confirmed. */
async function pushUntil(client: Wire, signal: AbortSignal): Promise<number> {
  let pushed = 0;
  while (!signal.aborted) {
    const batch = Array.from({ length: 200 }, (_, i) => ["QLPUSH", "q", `${pushed + i}`, CONTENTS]);
    await client.sendTogether(...batch);
    for (let i = 0; i < batch.length; i++) assert.equal(await client.shown(), "+OK");
    pushed += batch.length;
  }
  return pushed;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
}

programTest("A backup of a store under load is the store at one moment, and can be restored", async () => {
  await withFolder(async (folder) => {
    const permissions = ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`];
    const store = `sqlite:${folder}/okq.db`;
    const copy = `${folder}/copy.db`;
    await using server = startServer(store, [], { permissions });
    const addr = await server.addr();
    await using client = await connect(addr);
    const stop = new AbortController();
    const pushing = pushUntil(client, stop.signal);
    await using other = await connect(addr);
    const before = Number(/total: (\d+)/.exec(`${await other.command("QSTATUS", "q")}`)![1]);
    const { code, stdout, stderr } = await runProgram(["store", "backup", copy, "--store", store], { permissions });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Copied sqlite:\S+okq\.db to \S+copy\.db: \d+ bytes\n$/);
    const after = Number(/total: (\d+)/.exec(`${await other.command("QSTATUS", "q")}`)![1]);
    stop.abort();
    const pushed = await pushing;
    assert.ok(after <= pushed);

    const checked = await runProgram(["store", "check", "--store", `sqlite:${copy}`], { permissions });
    assert.equal(checked.code, 0, checked.stdout);
    assert.deepEqual((await namesIn(folder)).filter((name) => /part|backup/.test(name)), []);
    server.kill("SIGTERM");
    assert.equal((await server.ended).code, 0);
    // As docs/production.md restores it.
    await Deno.remove(`${folder}/okq.db-wal`).catch(() => {}); // gone after an orderly stop
    await Deno.writeFile(`${folder}/okq.db`, await Deno.readFile(copy));
    await using restored = startServer(store, [], { permissions });
    await using reader = await connect(await restored.addr());
    const total = Number(/total: (\d+)/.exec(`${await reader.command("QSTATUS", "q")}`)![1]);
    assert.ok(total >= before && total <= after, `${before} ${total} ${after}`);
    // The events were pushed one after the other, so those of one moment have no gap.
    for (const id of ["0", `${total - 1}`]) {
      const event = await reader.command("QGET", "q", id) as string[];
      assert.equal(event[event.indexOf("contents") + 1], CONTENTS);
    }
    assert.equal(await reader.command("QGET", "q", `${total}`), null);
  });
});

programTest("A backup needs no okq, and refuses a file that exists, a foreign file and another store", async () => {
  await withFolder(async (folder) => {
    const [path, copy] = [`${folder}/okq.db`, `${folder}/copy.db`];
    await assert.rejects(backupSqliteStore(path, copy), /there is no such file$/);
    const store = await openSqliteStore(path);
    await store.push(bytes("q"), bytes("id"), bytes("contents"), "left");
    await store.close();
    assert.equal(await backupSqliteStore(path, copy), (await Deno.stat(copy)).size);
    const restored = await openSqliteStore(copy);
    assert.equal((await restored.status(bytes("q"))).total, 1);
    await restored.close();
    await assert.rejects(backupSqliteStore(path, copy), /copy\.db": the file exists$/);
    await Deno.writeTextFile(`${folder}/text`, "not a store");
    await assert.rejects(backupSqliteStore(`${folder}/text`, `${folder}/b`), /b\.part" failed/);
    for (const store of ["redis://127.0.0.1:1/0", "sqlite::memory:"]) {
      const { code, stderr } = await runProgram(["store", "backup", `${folder}/b`, "--store", store]);
      assert.deepEqual([code, /^okq: Cannot back up this store: /.test(stderr)], [1, true], stderr);
    }
    assert.equal((await runProgram(["store", "backup", "--store", "sqlite:x"])).code, 2);
    assert.deepEqual(await namesIn(folder), ["copy.db", "okq.db", "text"]);
  });
});
