import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";

await forEachStore((store) => {
  for (const [protocol, nil] of [["2", "$-1"], ["3", "_"]]) {
    store.test(`Nil is ${nil} in RESP${protocol} for every command`, async (okq) => {
      const client = await okq.connect();
      const queue = okq.queue();
      await client.command("HELLO", protocol);
      await client.command("QREGISTER", queue);
      const commands = [
        ...[["QRPOP", queue], ["QRPOP", queue, "NOACK"], ["QLPEEK", queue], ["QRPEEK", queue]],
        ...[["QNOTIFY", "0"], ["QNOTIFY", "0.01"], ["CLIENT", "GETNAME"]],
      ];
      for (const command of commands) {
        await client.send(...command);
        assert.equal(await client.readLine(), nil, command.join(" "));
      }
      await client.send("COMMAND", "INFO", "nope");
      assert.equal(await client.readLine(), "*1");
      assert.equal(await client.readLine(), nil);
    });
  }

  store.test("Replies have the types of Redis on the wire", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const lines = async (count: number) => {
      const read = [];
      for (let i = 0; i < count; i++) read.push(await client.readLine());
      return read;
    };
    await client.send("QLPUSH", queue, "id", "contents");
    assert.deepEqual(await lines(1), ["+OK"]);
    await client.send("QRPOP", queue);
    assert.deepEqual(await lines(5), ["*2", "$2", "id", "$8", "contents"]);
    await client.send("QACK", queue, "id");
    assert.deepEqual(await lines(1), [":1"]);
    await client.send("QSTATUS", "q");
    assert.deepEqual(await lines(3), ["*1", "$37", "q total: 0 processing: 0 consumers: 0"]);
    await client.send("QSTATS", "q");
    assert.deepEqual(await lines(18), ["*1", "*15", "$1", "q", ...Array(14).fill(":0")]);
    await client.send("QSTATUS");
    assert.match((await lines(1))[0], /^\*\d+$/);
  });

  store.test("RESP3 has maps where RESP2 has flat arrays", async (okq) => {
    const client = await okq.connect();
    await client.send("CONFIG", "GET", "save");
    for (const line of ["*2", "$4", "save", "$0", ""]) assert.equal(await client.readLine(), line);
    await client.send("HELLO", "3");
    assert.equal(await client.readLine(), "%7");
    for (let i = 0; i < 25; i++) await client.readLine();
    await client.send("PING");
    assert.equal(await client.readLine(), "+PONG");
    await client.send("CONFIG", "GET", "save");
    for (const line of ["%1", "$4", "save", "$0", ""]) assert.equal(await client.readLine(), line);
    await client.send("HELLO", "2");
    assert.equal(await client.readLine(), "*14");
  });
});
