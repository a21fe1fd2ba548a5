import {
  MAX_UNAUTHENTICATED_ARGUMENT_BYTES,
  MAX_UNAUTHENTICATED_ARGUMENTS,
} from "../../../core/connection/decoder_limits.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { forEachStore } from "../../support/stores.ts";
import { lineOf, startWaiting } from "../../support/waiting.ts";
import type { Wire } from "../../support/wire.ts";

const MIB = 1024 * 1024;
const REFUSAL = "-ERR max number of clients reached\r\n";

/** Waits until the server has closed the connection. */
async function waitUntilClosed(observer: Wire, client: Wire): Promise<void> {
  await eventually(async () => assert.equal(await lineOf(observer, client), ""));
}

/** Sends in the background and never reads. */
function flood(client: Wire, bytes: string): void {
  (async () => {
    for (let i = 0; i < 2000; i++) await client.raw(bytes);
  })().catch(() => {});
}

/** One command many times, encoded. */
function repeated(times: number, ...args: string[]): string {
  return (`*${args.length}\r\n` + args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("")).repeat(times);
}

await forEachStore((store) => {
  store.test(
    "Beyond --max-clients a connection is refused, and accepted again after another one closed",
    async (okq) => {
      const clients = [await okq.connect(), await okq.connect(), await okq.connect()];
      for (const client of clients) assert.equal(await client.command("PING"), "+PONG");
      const refused = await okq.connect();
      assert.equal(await refused.closed(), REFUSAL);
      assert.equal(await clients[2].command("PING"), "+PONG");
      clients[0].close();
      await eventually(async () => assert.equal(await (await okq.connect()).exchange("PING\r\n"), "+PONG"));
    },
    { maxClients: 3 },
  );

  store.test("--max-arguments limits the arguments of a command", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const queues = Array.from({ length: 15 }, okq.queue);
    for (const count of [14, 15]) {
      assert.equal((await client.command("QSTATUS", ...queues.slice(0, count)) as string[]).length, count);
    }
    await client.send("QSTATUS", ...queues, "one more");
    assert.equal(await client.closed(), "-ERR Protocol error: invalid multibulk length\r\n");
    assert.equal(await other.command("PING"), "+PONG");
  }, { maxArguments: 16 });

  store.test("--max-inline-bytes limits an inline command", async (okq) => {
    const client = await okq.connect();
    for (const length of [1018, 1019]) {
      assert.equal(await client.exchange(`ECHO ${"x".repeat(length)}\r\n`), "x".repeat(length));
    }
    await client.raw(`ECHO ${"x".repeat(1020)}\r\n`);
    assert.equal(await client.closed(), "-ERR Protocol error: too big inline request\r\n");
  }, { maxInlineBytes: 1024 });

  store.test("A pipeline longer than --max-pipeline is answered in full", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.raw(repeated(100, "QLPUSH", queue, "id", "contents"));
    assert.equal(await client.shown(), "+OK");
    for (let i = 1; i < 100; i++) assert.equal(await client.shown(), "-ERR duplicate event id");
  }, { maxPipeline: 3 });

  store.test("--max-client-queues limits the queues of a QREGISTER, duplicates counted once", async (okq) => {
    const client = await okq.connect();
    const [a, b, c, d] = Array.from({ length: 4 }, okq.queue);
    assert.equal(await client.command("QREGISTER", a, b, b, a), "+OK");
    assert.equal(await client.command("QREGISTER", a, b, c), "+OK");
    const refusal = "-ERR too many queues: --max-client-queues is 3";
    assert.equal(await client.command("QREGISTER", a, b, c, d), refusal);
    assert.deepEqual(await client.command("QSTATUS", c, d), [
      `${c} total: 0 processing: 0 consumers: 1`,
      `${d} total: 0 processing: 0 consumers: 0`,
    ]);
  }, { maxClientQueues: 3 });

  store.test(
    "--max-registrations limits the registrations of all connections, and deregistering frees them",
    async (okq) => {
      const [one, two] = [await okq.connect(), await okq.connect()];
      const [a, b, c, d] = Array.from({ length: 4 }, okq.queue);
      assert.equal(await one.command("QREGISTER", a, b), "+OK");
      assert.equal(await two.command("QREGISTER", a), "+OK");
      const refusal = "-ERR too many registrations: --max-registrations is 3";
      assert.equal(await two.command("QREGISTER", a, c), refusal);
      assert.equal(await one.command("QREGISTER", c, d), "+OK");
      one.close();
      await eventually(async () => assert.equal(await two.command("QREGISTER", a, b, c), "+OK"));
      assert.equal(await two.command("QREGISTER"), "+OK");
      assert.equal(await two.command("QREGISTER", a, b, c), "+OK");
    },
    { maxRegistrations: 3 },
  );

  store.test(
    "--max-blocked-clients limits the clients in QNOTIFY, and a notified client frees its slot",
    async (okq) => {
      const [one, two, three] = [await okq.connect(), await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      for (const client of [one, two, three]) await client.command("QREGISTER", queue);
      const waiting = await startWaiting(one);
      await startWaiting(two);
      const refusal = "-ERR too many blocked clients: --max-blocked-clients is 2";
      assert.equal(await three.command("QNOTIFY", "30"), refusal);
      assert.equal(await three.command("QNOTIFY", "0"), null, "QNOTIFY 0 does not block");
      await three.send("QLPUSH", queue, "id", "contents");
      assert.equal(await three.shown(), "+OK");
      assert.equal(await waiting.reply, queue);
      assert.equal(await three.command("QRPOP", queue, "NOACK") !== null, true);
      assert.equal(await three.command("QNOTIFY", "0.01"), null);
    },
    { maxBlockedClients: 2 },
  );

  store.test(
    "--input-timeout closes a connection with an incomplete command, not one without a command",
    async (okq) => {
      const [partial, silent, other] = [await okq.connect(), await okq.connect(), await okq.connect()];
      assert.equal(await silent.command("PING"), "+PONG");
      await partial.raw("*2\r\n$4\r\nECHO\r\n$5\r\nhel");
      assert.equal(await partial.closed(), "");
      await waitUntilClosed(other, partial);
      assert.equal(await silent.command("PING"), "+PONG");
    },
    { inputTimeoutMs: 200 },
  );

  store.test("--input-timeout also applies to an argument that is too long and is discarded", async (okq) => {
    const client = await okq.connect();
    await client.raw(`*2\r\n$4\r\nECHO\r\n$${20 * MIB}\r\n${"x".repeat(100_000)}`);
    assert.equal(await client.closed(), "");
  }, { inputTimeoutMs: 200 });

  store.test("A command that arrives byte by byte is answered, and later commands are not delayed", async (okq) => {
    const client = await okq.connect();
    const encoded = "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n";
    const startedAt = performance.now();
    for (const byte of encoded) {
      await client.raw(byte);
      await new Promise((resolve) => setTimeout(resolve, 2500 / encoded.length));
    }
    assert.equal(await client.shown(), "hello");
    assert.ok(performance.now() - startedAt > 2000, "the timeout sweep has run more than once");
    // If each command were delayed by 5 s or more, like pieces of an incomplete one, the test would time out.
    for (let i = 0; i < 50; i++) assert.equal(await client.command("PING"), "+PONG");
  });

  store.test(
    "--idle-timeout closes an idle connection, not a blocked one",
    async (okq) => {
      const queue = okq.queue();
      const waiting = await okq.connect();
      await waiting.sendTogether(["QREGISTER", queue], ["QNOTIFY", "600"]);
      assert.equal(await waiting.shown(), "+OK");
      const idle = await okq.connect();
      assert.equal(await idle.closed(), "");
      const producer = await okq.connect();
      await producer.sendTogether(["QLPUSH", queue, "id", "contents"], ["QUIT"]);
      assert.equal(await producer.closed(), "+OK\r\n+OK\r\n");
      assert.equal(await waiting.shown(), queue, "it has been blocked for longer than the idle connection was idle");
    },
    { idleTimeoutMs: 1000 },
  );

  store.test("--output-timeout closes a connection that reads no replies, and others are served", async (okq) => {
    const [flooding, other] = [await okq.connect(), await okq.connect()];
    flood(flooding, repeated(1, "ECHO", "x".repeat(100_000)));
    await waitUntilClosed(other, flooding);
    assert.equal(await other.command("PING"), "+PONG");
  }, { outputTimeoutMs: 300 });

  store.test(
    "--max-output-buffer closes a connection with too many unread replies, not one that reads them",
    async (okq) => {
      const [slow, fast, other] = [await okq.connect(), await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      const contents = "x".repeat(4 * MIB);
      assert.equal(await other.command("QLPUSH", queue, "id", contents), "+OK");
      await fast.raw(repeated(10, "QRPEEK", queue));
      for (let i = 0; i < 10; i++) assert.equal((await fast.shown() as string[])[1] === contents, true);
      flood(slow, repeated(50, "QRPEEK", queue));
      await waitUntilClosed(other, slow);
      assert.equal(await fast.command("PING"), "+PONG");
    },
    { maxOutputBuffer: MIB },
  );

  store.test("A disconnect is noticed during QNOTIFY, however much was pipelined after it", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    await client.command("QREGISTER", okq.queue());
    await client.raw("QNOTIFY 600\r\n" + "PING\r\n".repeat(40_000));
    client.close();
    await waitUntilClosed(other, client);
  });

  store.test(
    "--max-read-ahead-bytes limits what is pipelined after a blocked QNOTIFY",
    async (okq) => {
      const ahead = await okq.connect();
      await ahead.command("QREGISTER", okq.queue());
      await ahead.raw("QNOTIFY 600\r\n");
      flood(ahead, "PING\r\n".repeat(1000));
      assert.equal(await ahead.closed(), "$-1\r\n-ERR Protocol error: too many bytes behind a command that waits\r\n");
    },
    { maxReadAheadBytes: 200_000 },
  );

  store.test("Any number of commands pipelined after a short QNOTIFY is answered", async (okq) => {
    const client = await okq.connect();
    await client.command("QREGISTER", okq.queue());
    const sending = client.raw("QNOTIFY 0.1\r\n" + "PING\r\n".repeat(100_000));
    assert.equal(await client.readRaw(5), "$-1\r\n");
    const answers = await client.readRaw(700_000);
    assert.equal(answers === "+PONG\r\n".repeat(100_000), true);
    await sending;
  }, { maxReadAheadBytes: 65_536 });

  store.test("A long pipeline of QNOTIFY 0 does not delay other clients", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    await client.command("QREGISTER", okq.queue());
    const sending = client.raw("QNOTIFY 0\r\n".repeat(5000) + "QUIT\r\n");
    const answers = client.closed();
    for (let i = 0; i < 50; i++) assert.equal(await other.command("PING"), "+PONG");
    assert.equal(await answers === "$-1\r\n".repeat(5000) + "+OK\r\n", true);
    await sending;
  });

  store.test("QUIT deregisters a consumer even if it keeps its connection open", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await client.command("QREGISTER", queue);
    assert.equal(await client.command("QUIT"), "+OK");
    await eventually(async () => {
      assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    });
    assert.notEqual(await lineOf(other, client), "", "the server waits for the client to close");
  });

  store.test("Commands that together exceed --max-in-flight-bytes are received one after the other", async (okq) => {
    const queue = okq.queue();
    const clients = await Promise.all(Array.from({ length: 6 }, () => okq.connect()));
    const contents = "x".repeat(900_000);
    const header = `*4\r\n$6\r\nQLPUSH\r\n$${queue.length}\r\n${queue}\r\n$1\r\n`;
    // All clients have sent most of their command before one has sent it in full.
    const sending = clients.map((client, i) => client.raw(`${header}${i}\r\n$900000\r\n${contents.slice(1)}`));
    const other = await okq.connect();
    assert.equal(await other.command("QLPUSH", queue, "small", "x"), "+OK");
    for (const [i, client] of clients.entries()) {
      await sending[i];
      await client.raw("x\r\n");
      assert.equal(await client.shown(), "+OK", `client ${i}`);
    }
    assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 7 processing: 0 consumers: 0`]);
  }, { maxInFlightBytes: MIB, inputTimeoutMs: 600_000 });
});

await forEachStore((store) => {
  const options = { requirepass: "secret", authTimeoutMs: 2000 };

  store.test("--auth-timeout closes a connection that does not log in, not one that did", async (okq) => {
    const authenticated = await okq.connect();
    assert.equal(await authenticated.command("AUTH", "secret"), "+OK");
    const unauthenticated = await okq.connect();
    assert.match(`${await unauthenticated.command("PING")}`, /^-NOAUTH /);
    assert.equal(await unauthenticated.closed(), "");
    assert.equal(await authenticated.command("PING"), "+PONG");
  }, options);

  store.test("An unauthenticated client may send 10 arguments of 16 KiB, as in Redis", async (okq) => {
    const longest = "x".repeat(MAX_UNAUTHENTICATED_ARGUMENT_BYTES);
    const attempt = async (...args: string[]): Promise<string> => {
      const client = await okq.connect();
      await client.send(...args);
      await client.closeWrite();
      return await client.closed();
    };
    const maxArguments = Array(MAX_UNAUTHENTICATED_ARGUMENTS - 1).fill("x");
    assert.match(await attempt("ECHO", longest), /^-NOAUTH /);
    assert.equal(await attempt("ECHO", `${longest}x`), "-ERR Protocol error: unauthenticated bulk length\r\n");
    assert.match(await attempt("QSTATUS", ...maxArguments), /^-NOAUTH /);
    assert.equal(
      await attempt("QSTATUS", ...maxArguments, "x"),
      "-ERR Protocol error: unauthenticated multibulk length\r\n",
    );
    const client = await okq.connect();
    assert.equal(await client.command("AUTH", "secret"), "+OK");
    assert.equal(await client.command("ECHO", `${longest}x`), `${longest}x`);
  }, { ...options, authTimeoutMs: 600_000 });
});
