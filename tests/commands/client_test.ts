import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { forEachStore } from "../support/stores.ts";
import { lineOf, startCommand, startWaiting } from "../support/waiting.ts";
import { refuses, syntaxError, wrongArity } from "../support/refusals.ts";

const BAD_NAME = /^-ERR Client names cannot contain spaces, newlines or special characters/;

await forEachStore((store) => {
  refuses(store, "CLIENT", () => [
    [[], wrongArity("CLIENT")],
    [["NOPE"], "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP."],
    [["MAINT_NOTIFICATIONS", "ON"], "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP."],
    [["TRACKING", "ON"], "-ERR unknown subcommand 'TRACKING'. Try CLIENT HELP."],
    [["REPLY", "OFF"], "-ERR unknown subcommand 'REPLY'. Try CLIENT HELP."],
    [["a\r\nb"], "-ERR unknown subcommand 'a\\r\\nb'. Try CLIENT HELP."],
    [["ID", "x"], "-ERR wrong number of arguments for 'client|id' command"],
    [["GETNAME", "x"], "-ERR wrong number of arguments for 'client|getname' command"],
    [["SETNAME"], "-ERR wrong number of arguments for 'client|setname' command"],
    [["SETNAME", "a", "b"], "-ERR wrong number of arguments for 'client|setname' command"],
    [["SETNAME", "a b"], BAD_NAME],
    [["SETNAME", "a\nb"], BAD_NAME],
    [["SETNAME", "a\x7f"], BAD_NAME],
    [["SETINFO", "LIB-NAME"], "-ERR wrong number of arguments for 'client|setinfo' command"],
    [["SETINFO", "LIB-NOPE", "x"], "-ERR Unrecognized option 'LIB-NOPE'"],
    [["SETINFO", "LIB-NAME", "a b"], /^-ERR lib-name cannot contain spaces, newlines or special characters/i],
    [["INFO", "x"], "-ERR wrong number of arguments for 'client|info' command"],
    [["LIST", "NOPE"], syntaxError("NOPE")],
    [["LIST", "ID"], syntaxError("ID")],
    [["LIST", "TYPE", "normal", "x"], syntaxError("x")],
    [["LIST", "ID", "x"], "-ERR Invalid client ID"],
    [["LIST", "TYPE", "x"], "-ERR Unknown client type 'x'"],
    [["KILL"], "-ERR wrong number of arguments for 'client|kill' command"],
    [["KILL", "127.0.0.1:1"], "-ERR No such client"],
    [["KILL", "NOPE", "x"], syntaxError("NOPE")],
    [["KILL", "ID", "0"], /^-ERR .*client-id/],
    [["KILL", "ID", "x"], /^-ERR .*client-id/],
    [["KILL", "ID", "1", "SKIPME", "x"], syntaxError("x")],
    [["UNBLOCK"], "-ERR wrong number of arguments for 'client|unblock' command"],
    [["UNBLOCK", "x"], "-ERR value is not an integer or out of range 'client-id'"],
    [["UNBLOCK", "1", "NOPE"], "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"],
    [["NO-EVICT", "x"], syntaxError("x")],
    [["NO-TOUCH"], "-ERR wrong number of arguments for 'client|no-touch' command"],
  ]);

  store.test("CLIENT SETNAME names the connection, and an empty name removes the name", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    assert.equal(await client.command("CLIENT", "GETNAME"), null);
    assert.equal(await client.command("CLIENT", "SETNAME", "Jo-1"), "+OK");
    assert.equal(await client.command("client", "getname"), "Jo-1");
    assert.equal(await other.command("CLIENT", "GETNAME"), null);
    assert.equal(await client.command("CLIENT", "SETNAME", ""), "+OK");
    assert.equal(await client.command("CLIENT", "GETNAME"), null);
  });

  store.test("CLIENT ID is a number that grows with each connection", async (okq) => {
    const [first, second] = [await okq.connect(), await okq.connect()];
    const [a, b] = [await first.command("CLIENT", "ID"), await second.command("CLIENT", "ID")];
    assert.ok(typeof a === "number" && typeof b === "number" && a > 0 && b > a, `${a}, ${b}`);
    assert.equal(await first.command("CLIENT", "ID"), a);
  });

  store.test("CLIENT SETINFO, NO-EVICT and NO-TOUCH return OK", async (okq) => {
    const client = await okq.connect();
    for (
      const args of [
        ...[["SETINFO", "LIB-NAME", "okq-tests"], ["setinfo", "lib-ver", "1.2.3"], ["SETINFO", "LIB-VER", ""]],
        ...[["NO-EVICT", "ON"], ["NO-EVICT", "off"], ["NO-TOUCH", "on"], ["no-touch", "OFF"]],
      ]
    ) {
      assert.equal(await client.command("CLIENT", ...args), "+OK", args.join(" "));
    }
  });

  store.test("CLIENT INFO and CLIENT LIST describe connections", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const id = await client.command("CLIENT", "ID");
    await client.command("HELLO", "3", "SETNAME", "Jo");
    await client.command("CLIENT", "SETINFO", "LIB-NAME", "okq-tests");
    const info = await client.command("CLIENT", "INFO") as string;
    for (const field of [`id=${id}`, `addr=${client.addr}`, "name=Jo", "resp=3", "lib-name=okq-tests", "db=0"]) {
      assert.ok(` ${info.trimEnd()} `.includes(` ${field} `), `${field} in ${info}`);
    }
    assert.match(info, / cmd=client(\|info)? /);
    assert.match(info, /\n$/);
    assert.equal((await other.command("CLIENT", "LIST") as string).trimEnd().split("\n").length, 2);
    assert.match(await lineOf(other, client), / name=Jo /);
  });

  store.test("CLIENT LIST filters by TYPE and ID", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const ids = [await client.command("CLIENT", "ID"), await other.command("CLIENT", "ID")];
    const shown = async (...args: string[]) =>
      [...(await client.command("CLIENT", "LIST", ...args) as string).matchAll(/^id=(\d+) /gm)].map(([, id]) => +id);
    assert.deepEqual(await shown("ID", `${ids[1]}`), [ids[1]]);
    assert.deepEqual((await shown("ID", `${ids[1]}`, `${ids[0]}`, "999999")).toSorted(), ids);
    assert.deepEqual(await shown("TYPE", "normal"), ids);
    assert.deepEqual(await shown("TYPE", "pubsub"), []);
  });

  store.test("CLIENT KILL closes the connection of an address, an id, or all others", async (okq) => {
    const observer = await okq.connect();
    const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map(() => okq.connect()));
    assert.equal(await observer.command("CLIENT", "KILL", a.addr), "+OK");
    assert.equal(await a.closed(), "");
    const id = await b.command("CLIENT", "ID");
    assert.equal(await observer.command("CLIENT", "KILL", "ID", `${id}`), 1);
    assert.equal(await b.closed(), "");
    assert.equal(await observer.command("CLIENT", "KILL", "ID", `${id}`), 0);
    assert.equal(await observer.command("CLIENT", "KILL", "addr", c.addr, "TYPE", "normal"), 1);
    assert.equal(await c.closed(), "");
    assert.equal(await observer.command("CLIENT", "KILL", "TYPE", "normal"), 1);
    assert.equal(await d.closed(), "");
    assert.equal(await observer.command("PING"), "+PONG");
  });

  store.test("CLIENT KILL of the connection itself closes it after the reply", async (okq) => {
    const client = await okq.connect();
    const id = await client.command("CLIENT", "ID");
    await client.send("CLIENT", "KILL", "ID", `${id}`, "SKIPME", "no");
    assert.equal(await client.closed(), ":1\r\n");
  });

  store.test("CLIENT KILL ends a wait in QNOTIFY and deregisters", async (okq) => {
    const [client, observer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await client.command("QREGISTER", queue);
    const { reply } = await startWaiting(client);
    assert.equal(await observer.command("CLIENT", "KILL", client.addr), "+OK");
    await assert.rejects(reply);
    await eventually(async () => {
      assert.deepEqual(await observer.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    });
  });

  store.test("CLIENT UNBLOCK ends a wait in QNOTIFY and QCLAIM, and leases no event", async (okq) => {
    const [client, observer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    const id = `${await client.command("CLIENT", "ID")}`;
    assert.equal(await observer.command("CLIENT", "UNBLOCK", id), 0);
    assert.equal(await observer.command("CLIENT", "UNBLOCK", "999999"), 0);
    await client.command("QREGISTER", queue);
    const notified = await startWaiting(client);
    assert.equal(await observer.command("CLIENT", "UNBLOCK", id), 1);
    assert.equal(await notified.reply, null);
    const claimed = await startCommand(client, "QCLAIM", "BLOCK", "0", "QUEUES", queue);
    await observer.send("QLPUSH", queue, "1", "x");
    await observer.send("CLIENT", "UNBLOCK", id);
    const answers = [await observer.shown(), await observer.shown()];
    const taken = await claimed.reply;
    assert.deepEqual(answers, ["+OK", taken === null ? 1 : 0]);
    if (taken !== null) assert.equal(await observer.command("QACK", queue, "1", "REDO"), 1);
    await eventually(async () => assert.deepEqual(await observer.command("QRPOP", queue), ["1", "x"]));
    const refused = await startCommand(client, "QCLAIM", "BLOCK", "0", "QUEUES", queue);
    assert.equal(await observer.command("CLIENT", "UNBLOCK", id, "error"), 1);
    assert.equal(await refused.reply, "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
    assert.equal(await client.command("PING"), "+PONG");
  });
});
