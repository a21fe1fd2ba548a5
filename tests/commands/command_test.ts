import { assert } from "../deps.ts";
import { COMMANDS } from "../../server.ts";
import { forEachStore } from "../support/stores.ts";
import type { Shown } from "../support/wire.ts";
import { refuses } from "../support/refusals.ts";

const NAMES = COMMANDS.map(({ name }) => name.toLowerCase());

await forEachStore((store) => {
  refuses(store, "COMMAND", () => [
    [["NOPE"], "-ERR unknown subcommand 'NOPE'. Try COMMAND HELP."],
    [["COUNT", "x"], "-ERR wrong number of arguments for 'command|count' command"],
  ]);

  store.test("COMMAND COUNT and COMMAND LIST agree with the command table", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("COMMAND", "COUNT"), COMMANDS.length);
    assert.deepEqual((await client.command("command", "list") as string[]).toSorted(), NAMES.toSorted());
  });

  store.test("COMMAND returns every command with its arity as Redis counts it", async (okq) => {
    const client = await okq.connect();
    const rows = await client.command("COMMAND") as unknown[][];
    assert.deepEqual(rows.map(([name]) => name).toSorted(), NAMES.toSorted());
    const arity = new Map(rows.map(([name, arity]) => [name, arity]));
    assert.deepEqual(["qlpush", "qrpop", "qlpeek", "qregister", "echo"].map((name) => arity.get(name)), [
      -4,
      -2,
      2,
      -1,
      2,
    ]);
  });

  store.test("COMMAND INFO returns the named commands, nil for unknown ones", async (okq) => {
    const client = await okq.connect();
    const rows = await client.command("COMMAND", "INFO", "QLPUSH", "nope", "ping") as unknown[][];
    assert.deepEqual(rows.map((row) => row && row.slice(0, 2)), [["qlpush", -4], null, ["ping", -1]]);
    assert.equal((await client.command("COMMAND", "INFO") as unknown[]).length, COMMANDS.length);
  });

  store.test("COMMAND DOCS returns summaries", async (okq) => {
    const client = await okq.connect();
    const [name, docs] = await client.command("COMMAND", "DOCS", "qlpush") as [string, unknown[]];
    assert.equal(name, "qlpush");
    assert.equal(docs[docs.indexOf("summary") + 1], COMMANDS.find(({ name }) => name === "QLPUSH")?.summary);
    assert.deepEqual(await client.command("COMMAND", "DOCS", "nope"), []);
    await client.command("HELLO", "3");
    const all = await client.command("COMMAND", "DOCS") as Map<string, unknown>;
    assert.deepEqual([...all.keys()].toSorted(), NAMES.toSorted());
  });

  store.test("COMMAND INFO returns positions of queue names and the required role", async (okq) => {
    const client = await okq.connect();
    const names = ["QACK", "QSTATUS", "QNOTIFY", "AUTH", "CLIENT"];
    const rows = await client.command("COMMAND", "INFO", ...names) as Shown[][];
    assert.deepEqual(rows.map((row) => row.slice(2, 7)), [
      [[], 1, 1, 1, ["+@consume"]],
      [[], 1, -1, 1, ["+@inspect"]],
      [[], 0, 0, 0, ["+@consume"]],
      [["+no_auth"], 0, 0, 0, ["+@connection"]],
      [[], 0, 0, 0, ["+@connection"]],
    ]);
    const kill = (rows[4][9] as Shown[][]).find(([name]) => name === "client|kill")!;
    assert.deepEqual(kill[6], ["+@admin"]);
  });
});
