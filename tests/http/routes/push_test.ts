import { assert } from "../../deps.ts";
import { call, httpUrl, refused } from "../../support/http.ts";
import { forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

await forEachStore((store) => {
  store.test("A push over HTTP is the event that a consumer of the protocol gets, with all options", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const path = `POST /queues/${queue}/events?id=a%00%ff&group=g%ff&ttl=600`;
    const response = await call(url, path, { body: Uint8Array.of(0, 255, 10), headers: { "Okq-Meta": "m%0A%ff" } });
    assert.deepEqual([response.status, response.value], [201, { id: { base64: "YQD/" } }]);
    const [event] = await client.command("QCLAIM", "META", "QUEUES", queue) as unknown[][];
    assert.deepEqual(event.toSpliced(4, 1), [queue, "a\x00\xff", "\x00\xff\n", 1, "m\n\xff", "g\xff"]);
    assert.equal((await call(url, `POST /queues/${queue}/events?id=later&delay=600`, { body: "" })).status, 201);
    assert.equal((await call(url, `POST /queues/${queue}/events?id=old`, { body: "" })).status, 201);
    assert.equal((await call(url, `POST /queues/${queue}/events?id=next&side=right`, { body: "" })).status, 201);
    assert.deepEqual(await client.command("QRPEEK", queue), ["next", ""]);
    const [stats] = await client.command("QSTATS", queue) as unknown[][];
    assert.deepEqual([stats[4], stats[5]], [2, 1]); // ready, delayed
  }, HTTP);

  store.test("A push over HTTP is refused for a duplicate id and for a full queue", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    await client.command("QCONFIG", "SET", queue, "max-length", "1");
    assert.equal((await call(url, `POST /queues/${queue}/events?id=1`, { body: "x" })).status, 201);
    await refused(url, `POST /queues/${queue}/events?id=1`, 409, "duplicate event 1", { body: "y" });
    await refused(url, `POST /queues/${queue}/events?id=2`, 429, "queue full", { body: "y" });
    assert.deepEqual(await client.command("QRPEEK", queue), ["1", "x"]);
  }, HTTP);

  store.test("A push over HTTP refuses parameters, names and bodies that are out of bounds", async (okq) => {
    const url = httpUrl(okq.server);
    const path = "POST /queues/q/events";
    await refused(url, path, 400, "parameter 'id' is missing", { body: "" });
    await refused(url, `${path}?id=`, 400, "event id must be 1 to 1024 bytes long", { body: "" });
    await refused(url, `${path}?id=${"x".repeat(1025)}`, 400, "event id must be 1 to 1024 bytes long", { body: "" });
    const long = `POST /queues/${"%ff".repeat(513)}/events?id=1`;
    await refused(url, long, 400, "queue name must be 1 to 512 bytes long", { body: "" });
    await refused(url, `${path}?id=1&ttl=0`, 400, "value is not an integer or out of range 'ttl'", { body: "" });
    await refused(url, `${path}?id=1&side=up`, 400, "side must be left or right", { body: "" });
    await refused(url, `${path}?id=1&group=`, 400, "group must be 1 to 512 bytes long", { body: "" });
    await refused(url, `${path}?id=1&lease=1`, 400, /^unknown parameter 'lease'/, { body: "" });
    await refused(url, `${path}?id=%zz`, 400, /^a percent sign must be followed/, { body: "" });
    const meta = { "Okq-Meta": "x".repeat(4097) };
    await refused(url, `${path}?id=1`, 400, "meta must be at most 4096 bytes long", { body: "", headers: meta });
    const odd = { body: "", headers: { "Okq-Meta": "é" } };
    await refused(url, `${path}?id=1`, 400, "Okq-Meta must be percent-encoded ASCII", odd);
    await refused(url, `${path}?id=1`, 413, "contents must be at most 1000 bytes long", { body: "x".repeat(1001) });
    assert.equal((await call(url, `${path}?id=1`, { body: "x".repeat(1000) })).status, 201);
  }, { ...HTTP, maxEventBytes: 1000 });

  store.test("A batch over HTTP pushes all of its events in their order", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const body = '{"id":"1","contents":"one"}\n{"contents":{"base64":"/w=="},"id":{"base64":"AP8="}}\n';
    const response = await call(url, `POST /queues/${queue}/events:batch?group=g`, {
      body,
      headers: { "okq-meta": "m" },
    });
    assert.deepEqual([response.status, response.value], [201, { pushed: 2 }]);
    const claimed = await client.command("QCLAIM", "COUNT", "9", "META", "QUEUES", queue) as unknown[][];
    assert.deepEqual(claimed.map((event) => event.toSpliced(4, 1)), [[queue, "1", "one", 1, "m", "g"]]);
    await client.command("QACK", queue, "1");
    assert.deepEqual(await client.command("QRPOP", queue), ["\x00\xff", "\xff"]);
    const many = Array.from({ length: 1000 }, (_, i) => `{"id":"${i}","contents":""}`).join("\n");
    assert.deepEqual((await call(url, `POST /queues/${queue}/events:batch`, { body: many })).value, { pushed: 1000 });
  }, HTTP);

  store.test("A batch over HTTP is refused as a whole, with the line that is wrong", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const good = '{"id":"1","contents":"x"}\n';
    const cases: [body: string | Uint8Array, status: number, error: string | RegExp][] = [
      ["", 400, "the request body must have a line of JSON for each event"],
      [good + "{", 400, "line 2 is not a JSON object"],
      [good + "\n" + good, 400, "line 2 is not a JSON object"],
      [good + "[]", 400, "line 2 is not a JSON object"],
      [Uint8Array.of(0x22, 0xff, 0x22), 400, "line 1 is not a JSON object"],
      [good + '{"id":"2"}', 400, "line 2: contents must be a string, or an object with the member base64"],
      [good + '{"id":2,"contents":""}', 400, "line 2: id must be a string, or an object with the member base64"],
      [good + '{"id":"2","contents":{"base64":"x"}}', 400, "line 2: contents has no valid base64"],
      [good + '{"id":"2","contents":{"base64":""},"delay":1}', 400, /^line 2: unknown member 'delay'/],
      [good + '{"id":"","contents":""}', 400, "line 2: event id must be 1 to 1024 bytes long"],
      [good + '{"id":"\\ud800","contents":""}', 400, /^line 2: id must be a string/],
      [good + `{"id":"2","contents":"${"x".repeat(1001)}"}`, 413, "line 2: contents must be at most 1000 bytes long"],
      [good + good, 409, "duplicate event 1"],
      [good.repeat(1001), 400, "too many events: a batch has at most 1000"],
    ];
    for (const [body, status, error] of cases) {
      await refused(url, `POST /queues/${queue}/events:batch`, status, error, { body });
    }
    await client.command("QCONFIG", "SET", queue, "max-length", "1");
    const two = good + '{"id":"2","contents":""}';
    await refused(url, `POST /queues/${queue}/events:batch`, 429, "queue full", { body: two });
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  }, { ...HTTP, maxEventBytes: 1000 });
});
