import { assert } from "../../deps.ts";
import { call, httpUrl, refused } from "../../support/http.ts";
import { forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

await forEachStore((store) => {
  store.test("A queue is paused, resumed and flushed over HTTP", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const act = async (action: string) => (await call(url, `POST /queues/${queue}:${action}`)).value;
    for (const id of ["1", "2"]) await client.command("QLPUSH", queue, id, "x");
    assert.deepEqual(await act("pause"), { changed: 1 });
    assert.equal(await client.command("QRPOP", queue), null);
    assert.deepEqual(await act("pause?for=600"), { changed: 1 });
    assert.deepEqual(await act("resume"), { changed: 1 });
    assert.deepEqual(await client.command("QRPOP", queue), ["1", "x"]);
    assert.deepEqual(await act("flush"), { changed: 2 });
    assert.equal(await client.command("QACK", queue, "1"), 0);
    for (const time of ["0", "-1", "x"]) {
      const error = "value is not an integer or out of range 'for'";
      await refused(url, `POST /queues/${queue}:pause?for=${time}`, 400, error);
    }
    await refused(url, `POST /queues/${queue}:stop`, 405, "method not allowed");
  }, HTTP);

  store.test("Events move to another queue over HTTP, all in one request or in parts", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const dead = `${queue}:dead`;
    const ids = Array.from({ length: 600 }, (_, i) => `${i}`);
    for (const id of ids) await client.send("QLPUSH", dead, id, "contents");
    for (const _ of ids) await client.reply();
    await client.command("QLPUSH", queue, "0", "another");
    const move = async (query: string) => (await call(url, `POST /queues/${dead}:move?to=${queue}${query}`)).value;
    // The first of them stays, because the queue holds its id.
    assert.deepEqual(await move("&count=300"), { changed: 300, skipped: 1 });
    assert.deepEqual(await move("&skip=1"), { changed: 299, skipped: 0 });
    assert.deepEqual(await move(""), { changed: 0, skipped: 1 });
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 600 processing: 0 consumers: 0`]);
    await refused(url, `POST /queues/${dead}:move`, 400, "parameter 'to' is missing");
    await refused(url, `POST /queues/${dead}:move?to=${dead}`, 400, "to must be another queue");
    await refused(url, `POST /queues/${dead}:move?to=${queue}x`, 400, /^to is in another partition: /);
    await refused(url, `POST /queues/${dead}:move?to=${queue}&count=0`, 400, /out of range 'count'$/);
  }, HTTP);
});
