import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { type ApiResponse, call, httpUrl, refused } from "../../support/http.ts";
import { type Fixture, forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

const FF = Uint8Array.of(255);

/** More than the buffers of a connection hold. */
const LARGE = "x".repeat(12 * 1024 * 1024);

/** The number of clients that wait, by `/metrics`. */
async function waiting(url: string): Promise<number> {
  const { value } = await call(url, "GET /metrics");
  return Number(/^okq_waiters (\d+)$/m.exec(value)![1]);
}

/** Begins a claim that waits; resolves when it does. */
async function startClaim(url: string, path: string, signal?: AbortSignal): Promise<{ claim: Promise<ApiResponse> }> {
  const before = await waiting(url);
  const claim = call(url, `POST ${path}`, { signal });
  claim.catch(() => {});
  await eventually(async () => assert.equal(await waiting(url), before + 1));
  return { claim };
}

/** Claims an event and asserts that it is the first delivery. */
async function assertUndelivered(okq: Fixture, url: string, queue: string): Promise<void> {
  const event = await eventually(async () => (await call(url, `POST /queues/${queue}/claims`)).value.events[0]);
  assert.deepEqual([event.id, event.attempt], ["1", 1], okq.url);
}

await forEachStore((store) => {
  store.test("A claim over HTTP leases events, oldest first, with all that they have", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const path = `POST /queues/${queue}/claims`;
    assert.deepEqual([(await call(url, path)).status, (await call(url, path)).value], [204, ""]);
    await client.command("QLPUSH", queue, "1", "één", "GROUP", "g", "META", "m: 1");
    await client.command("QLPUSH", queue, FF, FF);
    await client.command("QLPUSH", queue, "3", "");
    const { status, value: { events } } = await call(url, `${path}?count=2&lease=600`);
    const receipts = events.map(({ receipt }: { receipt: string }) => receipt);
    assert.equal(status, 200);
    assert.deepEqual(events, [
      { id: "1", contents: "één", attempt: 1, receipt: receipts[0], group: "g", meta: "m: 1" },
      {
        id: { base64: "/w==" },
        contents: { base64: "/w==" },
        attempt: 1,
        receipt: receipts[1],
        group: null,
        meta: null,
      },
    ]);
    const [, [[, state, attempts, , , due]]] = await client.command("QLIST", queue, "STATE", "processing") as [
      string,
      unknown[][],
    ];
    assert.deepEqual([state, attempts, Number(due) > 500_000], ["processing", 1, true]);
    assert.equal(await client.command("QACK", queue, "1", "RECEIPT", receipts[0]), 1);
    assert.deepEqual((await call(url, `${path}?count=2000&lease=0`)).value.events.length, 1);
    assert.equal((await call(url, path)).status, 204);
    const [line] = await client.command("QSTATUS", queue) as string[];
    assert.match(line, / total: 1 processing: 1 /);
  }, HTTP);

  store.test("A claim over HTTP with Accept: application/octet-stream has the bytes of one event", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const id = Uint8Array.of(97, 32, 98, 255);
    const contents = Uint8Array.of(120, 0, 255);
    await client.command("QLPUSH", queue, id, contents, "GROUP", "g%", "META", "m: 1\nn: 2");
    await client.command("QLPUSH", queue, "2", "y");
    const claim = () =>
      fetch(`${url}/queues/${queue}/claims`, { method: "POST", headers: { accept: "application/octet-stream" } });
    const response = await claim();
    const header = (name: string) => response.headers.get(`okq-${name}`);
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), contents);
    assert.deepEqual(["id", "attempt", "group", "meta"].map(header), ["a%20b%FF", "1", "g%25", "m:%201%0An:%202"]);
    assert.equal(await client.command("QACK", queue, id, "RECEIPT", header("receipt")!), 1);
    const other = await claim();
    assert.deepEqual([await other.text(), other.headers.has("okq-group")], ["y", false]);
    await refused(url, `POST /queues/${queue}/claims?count=2`, 400, "Accept: application/octet-stream needs count=1", {
      headers: { accept: "application/octet-stream" },
    });
  }, HTTP);

  store.test("A claim over HTTP waits for an event that is pushed through another okq", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const other = okq.url === "sqlite::memory:" ? okq.server : await okq.serve();
    const client = await okq.connect(other.addr);
    const { claim } = await startClaim(url, `/queues/${queue}/claims?wait=600`);
    await client.command("QLPUSH", queue, "1", "x");
    const { status, value } = await claim;
    assert.deepEqual([status, value.events[0].contents], [200, "x"]);
    assert.equal((await call(url, `POST /queues/${queue}/claims?wait=0.01`)).status, 204);
    const { claim: taken } = await startClaim(url, `/queues/${queue}/claims?wait=600&lease=0`);
    await client.command("QLPUSH", queue, "2", "y");
    assert.equal((await taken).value.events[0].id, "2");
    assert.equal(await client.command("QGET", queue, "2"), null);
  }, HTTP);

  store.test("A client that goes while its claim over HTTP waits ends the wait, and loses nothing", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const gone = new AbortController();
    const { claim } = await startClaim(url, `/queues/${queue}/claims?wait=600`, gone.signal);
    gone.abort();
    await assert.rejects(claim);
    await eventually(async () => assert.equal(await waiting(url), 0));
    await client.command("QLPUSH", queue, "1", "x");
    await assertUndelivered(okq, url, queue);
  }, HTTP);

  store.test("An event is given back if its client goes while a long response is sent", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    await client.command("QLPUSH", queue, "1", LARGE);
    for (const accept of ["*/*", "application/octet-stream"]) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: okq.server.httpAddr!.port });
      const head = `POST /queues/${queue}/claims HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: ${accept}\r\n\r\n`;
      await conn.write(new TextEncoder().encode(head));
      assert.ok(await conn.read(new Uint8Array(1000))); // the response has begun
    }
    await assertUndelivered(okq, url, queue);
  }, HTTP);

  store.test("Claims over HTTP that wait are limited like blocked clients of the protocol", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const claims = [];
    for (let i = 0; i < 2; i++) claims.push((await startClaim(url, `/queues/${queue}/claims?wait=600`)).claim);
    const full = "too many blocked clients: --max-blocked-clients is 2";
    await refused(url, `POST /queues/${queue}/claims?wait=1`, 429, full);
    assert.equal((await call(url, `POST /queues/${queue}/claims`)).status, 204);
    await client.command("QMPUSH", queue, "EVENTS", "1", "x", "2", "y");
    assert.deepEqual((await Promise.all(claims)).map(({ status }) => status), [200, 200]);
  }, { ...HTTP, maxBlockedClients: 2 });

  store.test("A claim over HTTP refuses parameters that are out of bounds", async (okq) => {
    const url = httpUrl(okq.server);
    for (const query of ["count=0", "count=x", "lease=-1", "lease=x", "wait=x", "wait=1e3"]) {
      const [name] = query.split("=");
      const error = `value is not an integer or out of range '${name}'`;
      await refused(url, `POST /queues/q/claims?${query}`, 400, error);
    }
    await refused(url, "POST /queues/q/claims?block=1", 400, /^unknown parameter 'block'/);
  }, HTTP);

  store.test("A server that stops answers the claims over HTTP that wait", async (okq) => {
    const { claim } = await startClaim(httpUrl(okq.server), `/queues/${okq.queue()}/claims?wait=600`);
    await okq.server.close();
    assert.equal((await claim).status, 204);
  }, HTTP);
});
