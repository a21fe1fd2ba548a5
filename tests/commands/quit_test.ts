import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";

await forEachStore((store) => {
  store.test("QUIT returns OK and closes, after the replies to earlier commands", async (okq) => {
    const [client, observer] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await client.raw(`QLPUSH ${queue} id contents\r\nPING\r\nQRPOP ${queue}\r\nQUIT\r\nQACK ${queue} id\r\nPING\r\n`);
    assert.equal(await client.closed(), "+OK\r\n+PONG\r\n*2\r\n$2\r\nid\r\n$8\r\ncontents\r\n+OK\r\n");
    assert.deepEqual(await observer.command("QSTATUS", queue), [`${queue} total: 1 processing: 1 consumers: 0`]);
  });

  store.test("QUIT waits for a QNOTIFY before it", async (okq) => {
    const client = await okq.connect();
    await client.command("QREGISTER", okq.queue());
    await client.raw("QNOTIFY 0.1\r\nquit\r\n");
    assert.equal(await client.closed(), "$-1\r\n+OK\r\n");
  });
});
