import { Authority } from "../support/certificates.ts";
import { writeUsers } from "../support/users.ts";
import { assert } from "../deps.ts";
import { startServer } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { freePort } from "../support/redis_server.ts";
import { serveForTest } from "../support/stores.ts";
import type { Server } from "../../server.ts";
import { eventually } from "../support/eventually.ts";
import { httpUrl } from "../support/http.ts";
import { connect } from "../support/wire.ts";
import { TEST_MS } from "../support/limits.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

Deno.test("HttpServer is not started without --http-addr", async () => {
  const server = await serveForTest("sqlite::memory:");
  assert.equal(server.httpAddr, undefined);
  await server.close();
});

Deno.test("serve rejects for an HTTP address in use, and leaves nothing open", async () => {
  const server = await serveForTest("sqlite::memory:", HTTP);
  const other = serveForTest("sqlite::memory:", { httpAddr: server.httpAddr });
  await assert.rejects(other, /^Error: Cannot serve HTTP on 127\.0\.0\.1:\d+: /);
  await server.close();
});

Deno.test("HttpServer frees its port when it is closed", async () => {
  const httpAddr = { hostname: "127.0.0.1", port: freePort() };
  for (let run = 0; run < 2; run++) {
    const server = await serveForTest("sqlite::memory:", { httpAddr });
    assert.equal(await (await fetch(`${httpUrl(server)}/healthz`)).text(), "ok\n");
    await server.close();
  }
  await assert.rejects(fetch(`http://127.0.0.1:${httpAddr.port}/healthz`));
});

Deno.test("HttpServer serves HTTPS, with a new certificate after a reload", async () => {
  await withFolder(async (folder) => {
    const authorities = [await Authority.create(), await Authority.create()];
    const [tlsCert, tlsKey] = [`${folder}/cert`, `${folder}/key`];
    const write = async (authority: Authority) => {
      const { cert, key } = await authority.issue("server");
      await Deno.writeTextFile(tlsCert, cert);
      await Deno.writeTextFile(tlsKey, key);
    };
    const getHealth = async (port: number, { cert }: Authority) => {
      using client = Deno.createHttpClient({ caCerts: [cert] });
      return await (await fetch(`https://localhost:${port}/healthz`, { client })).text();
    };
    await write(authorities[0]);
    const server = await serveForTest("sqlite::memory:", { ...HTTP, httpTls: true, tlsCert, tlsKey });
    const { port } = server.httpAddr!;
    assert.equal(await getHealth(port, authorities[0]), "ok\n");
    await write(authorities[1]);
    await server.reload();
    assert.equal(await getHealth(port, authorities[1]), "ok\n");
    await Deno.writeTextFile(tlsCert, "no certificate");
    await assert.rejects(server.reload(), /does not hold a certificate/);
    assert.equal(await getHealth(port, authorities[1]), "ok\n");
    await server.close();
  });
});

Deno.test({
  name: "HttpServer closes despite a client that does not finish its request",
  timeout: TEST_MS,
  async fn() {
    const server = await serveForTest("sqlite::memory:", HTTP);
    using client = await Deno.connect(server.httpAddr!);
    await client.write(new TextEncoder().encode("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le"));
    await server.close();
    const rest = new Uint8Array(100);
    assert.equal(await client.read(rest).catch(() => null), null);
  },
});

programTest("HttpServer needs permission for its port only, and its address is printed", async () => {
  await withFolder(async (folder) => {
    const [port, httpPort] = [freePort(), freePort()];
    const users = `${folder}/users`;
    await writeUsers(users, ["ann", "secret", "inspect *"]);
    const args = ["--listen-addr", `127.0.0.1:${port}`, "--http-addr", `127.0.0.1:${httpPort}`, "--users", users];
    const permissions = [`--allow-net=127.0.0.1:${port},127.0.0.1:${httpPort}`, `--allow-read=${users}`];
    await using server = startServer("sqlite::memory:", args, { permissions });
    const [, url] = await server.line(/^listening on (http:.+)$/);
    assert.equal(url, `http://127.0.0.1:${httpPort}/`);
    assert.equal((await server.addr()).port, port);
    assert.equal(await (await fetch(`${url}readyz`)).text(), "ok\n");
    server.kill("SIGTERM");
    assert.equal((await server.ended).code, 0);
  });
});

/** More than the buffers of a connection hold. */
const LARGE = "x".repeat(12 * 1024 * 1024);

/** Sends a request and reads no response. */
async function sendRequest({ httpAddr }: Server, head: string, body = ""): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: httpAddr!.port });
  await conn.write(new TextEncoder().encode(`${head} HTTP/1.1\r\nhost: 127.0.0.1\r\n${body}`));
  return conn;
}

Deno.test({
  name: "HttpServer limits the responses with contents that are not read, and lets others in when they are",
  timeout: TEST_MS,
  async fn() {
    await using server = await serveForTest("sqlite::memory:", HTTP);
    await using client = await connect(server.addr);
    await client.command("QLPUSH", "q", "id", LARGE);
    const path = "/queues/q/events/id/contents";
    const statusOf = async () => {
      const response = await fetch(`${httpUrl(server)}${path}`);
      await response.body?.cancel();
      return response.status;
    };
    const conns = [];
    for (let i = 0; i < 8; i++) conns.push(await sendRequest(server, `GET ${path}`, "\r\n"));
    await eventually(async () => assert.equal(await statusOf(), 503));
    for (const other of ["session", "queues", "queues/q", "queues/q/events"]) {
      const response = await fetch(`${httpUrl(server)}/${other}`);
      await response.body?.cancel();
      assert.equal(response.status, 200, other);
    }
    for (const conn of conns) conn.close();
    await eventually(async () => assert.equal(await statusOf(), 200));
  },
});

Deno.test({
  name: "HttpServer answers requests whose bodies do not arrive, or are too long, before they have arrived",
  timeout: TEST_MS,
  async fn() {
    await using server = await serveForTest("sqlite::memory:", { ...HTTP, inputTimeoutMs: 200, maxEventBytes: 1000 });
    const path = "POST /queues/q/events?id=1";
    const responseTo = async (body: string) => {
      using conn = await sendRequest(server, path, body);
      return await readResponse(conn);
    };
    for (const body of ["content-length: 100\r\n\r\nx", "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n"]) {
      assert.match(await responseTo(body), /^HTTP\/1\.1 408 [^]*the request body must arrive within 0\.2 s/, body);
    }
    for (
      const body of [
        "content-length: 1001\r\n\r\n",
        `transfer-encoding: chunked\r\n\r\n${"1f4\r\n".concat("x".repeat(500), "\r\n").repeat(3)}`,
      ]
    ) {
      assert.match(await responseTo(body), /^HTTP\/1\.1 413 [^]*contents must be at most 1000 bytes long/, body);
    }
    assert.equal((await fetch(`${httpUrl(server)}/queues/q/events/1`)).status, 404);
  },
});

/** Reads a response whose body is JSON. */
async function readResponse(conn: Deno.Conn): Promise<string> {
  let text = "";
  const part = new Uint8Array(4096);
  while (!text.endsWith("}\n")) {
    const length = await conn.read(part);
    if (length === null) break;
    text += new TextDecoder().decode(part.subarray(0, length));
  }
  return text;
}

Deno.test({
  name: "HttpServer closes while a response is not read",
  timeout: TEST_MS,
  async fn() {
    const server = await serveForTest("sqlite::memory:", HTTP);
    await using client = await connect(server.addr);
    await client.command("QLPUSH", "q", "id", LARGE);
    const conn = await sendRequest(server, "GET /queues/q/events/id/contents", "\r\n");
    assert.ok(await conn.read(new Uint8Array(1000))); // the response has begun
    await server.close();
    conn.close();
  },
});
