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

/** Waits until the server has no such connection any more. */
async function gone(observer: Wire, client: Wire): Promise<void> {
  await eventually(async () => assert.equal(await lineOf(observer, client), ""), 20_000);
}

/** Sends until the server takes no more, and never reads. */
function flood(client: Wire, bytes: string): void {
  (async () => {
    for (let i = 0; i < 2000; i++) await client.raw(bytes);
  })().catch(() => {});
}

/** Many commands as one string of bytes. */
function row(times: number, ...args: string[]): string {
  return (`*${args.length}\r\n` + args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("")).repeat(times);
}

await forEachStore((store) => {
  store.test(
    "Beyond --max-clients a connection is told so and closed, and the next is served when one has gone",
    async (okq) => {
      const clients = [await okq.connect(), await okq.connect(), await okq.connect()];
      for (const client of clients) assert.equal(await client.command("PING"), "+PONG");
      const refused = await okq.connect();
      assert.equal(await refused.closed(), REFUSAL);
      assert.equal(await clients[2].command("PING"), "+PONG");
      clients[0].close();
      await eventually(async () => assert.equal(await (await okq.connect()).say("PING\r\n"), "+PONG"));
    },
    { maxClients: 3 },
  );

  store.test("A command has --max-arguments at the most", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const queues = Array.from({ length: 15 }, okq.queue);
    for (const count of [14, 15]) {
      assert.equal((await client.command("QSTATUS", ...queues.slice(0, count)) as string[]).length, count);
    }
    await client.send("QSTATUS", ...queues, "one more");
    assert.equal(await client.closed(), "-ERR Protocol error: invalid multibulk length\r\n");
    assert.equal(await other.command("PING"), "+PONG");
  }, { maxArguments: 16 });

  store.test("An inline command has --max-inline-bytes at the most", async (okq) => {
    const client = await okq.connect();
    for (const length of [1018, 1019]) {
      assert.equal(await client.say(`ECHO ${"x".repeat(length)}\r\n`), "x".repeat(length));
    }
    await client.raw(`ECHO ${"x".repeat(1020)}\r\n`);
    assert.equal(await client.closed(), "-ERR Protocol error: too big inline request\r\n");
  }, { maxInlineBytes: 1024 });

  store.test("A pipeline longer than --max-pipeline is answered in full", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.raw(row(100, "QLPUSH", queue, "id", "contents"));
    assert.equal(await client.shown(), "+OK");
    for (let i = 1; i < 100; i++) assert.equal(await client.shown(), "-ERR duplicate event id");
  }, { maxPipeline: 3 });

  store.test("A connection registers --max-client-queues at the most, duplicates counted once", async (okq) => {
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
    "All connections register --max-registrations at the most, and what is given up is free again",
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
    "--max-blocked-clients wait in QNOTIFY at the most, and when one has been told another may",
    async (okq) => {
      const [one, two, three] = [await okq.connect(), await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      for (const client of [one, two, three]) await client.command("QREGISTER", queue);
      const waiting = await startWaiting(one);
      await startWaiting(two);
      const refusal = "-ERR too many blocked clients: --max-blocked-clients is 2";
      assert.equal(await three.command("QNOTIFY", "30"), refusal);
      assert.equal(await three.command("QNOTIFY", "0"), null, "one that only looks does not wait");
      await three.send("QLPUSH", queue, "id", "contents");
      assert.equal(await three.shown(), "+OK");
      assert.equal(await waiting.reply, queue);
      assert.equal(await three.command("QRPOP", queue, "NOACK") !== null, true);
      assert.equal(await three.command("QNOTIFY", "0.01"), null);
    },
    { maxBlockedClients: 2 },
  );

  store.test(
    "A client that sends a part of a command is hung up on after --input-timeout, one that sends none is not",
    async (okq) => {
      const [partial, silent, other] = [await okq.connect(), await okq.connect(), await okq.connect()];
      assert.equal(await silent.command("PING"), "+PONG");
      await partial.raw("*2\r\n$4\r\nECHO\r\n$5\r\nhel");
      assert.equal(await partial.closed(), "");
      await gone(other, partial);
      assert.equal(await silent.command("PING"), "+PONG");
    },
    { inputTimeoutMs: 200 },
  );

  store.test("So is one that sends slowly what is swallowed", async (okq) => {
    const client = await okq.connect();
    await client.raw(`*2\r\n$4\r\nECHO\r\n$${20 * MIB}\r\n${"x".repeat(100_000)}`);
    assert.equal(await client.closed(), "");
  }, { inputTimeoutMs: 200 });

  store.test("A command that comes in crumbs for seconds is done, and those behind it are answered at once", async (okq) => {
    const client = await okq.connect();
    const crumbs = "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n";
    const begun = performance.now();
    for (const crumb of crumbs) {
      await client.raw(crumb);
      await new Promise((resolve) => setTimeout(resolve, 2500 / crumbs.length));
    }
    assert.equal(await client.shown(), "hello");
    assert.ok(performance.now() - begun > 2000, "the server has looked at it more than once");
    for (let i = 0; i < 20; i++) assert.equal(await client.command("PING"), "+PONG");
    assert.ok(performance.now() - begun < 30_000, "twenty that waited as one in crumbs does would take longer");
  });

  store.test(
    "A client that does nothing for --idle-timeout is hung up on, one that waits for an event is not",
    async (okq) => {
      const [idle, waiting] = [await okq.connect(), await okq.connect()];
      await waiting.command("QREGISTER", okq.queue());
      const begun = performance.now();
      const reply = waiting.command("QNOTIFY", "3");
      assert.equal(await idle.closed(), "");
      assert.equal(await reply, null);
      assert.ok(performance.now() - begun >= 2900);
      assert.equal(await waiting.command("PING"), "+PONG");
    },
    { idleTimeoutMs: 200 },
  );

  store.test("A client that reads nothing for --output-timeout is hung up on, and others are served", async (okq) => {
    const [greedy, other] = [await okq.connect(), await okq.connect()];
    flood(greedy, row(1, "ECHO", "x".repeat(100_000)));
    await gone(other, greedy);
    assert.equal(await other.command("PING"), "+PONG");
  }, { outputTimeoutMs: 300 });

  store.test(
    "A client that leaves more than --max-output-buffer unread is hung up on, one that reads gets all",
    async (okq) => {
      const [slow, fast, other] = [await okq.connect(), await okq.connect(), await okq.connect()];
      const queue = okq.queue();
      const contents = "x".repeat(4 * MIB);
      assert.equal(await other.command("QLPUSH", queue, "id", contents), "+OK");
      await fast.raw(row(10, "QRPEEK", queue));
      for (let i = 0; i < 10; i++) assert.equal((await fast.shown() as string[])[1] === contents, true);
      flood(slow, row(50, "QRPEEK", queue));
      await gone(other, slow);
      assert.equal(await fast.command("PING"), "+PONG");
    },
    { maxOutputBuffer: MIB },
  );

  store.test("A hang-up is noticed while a QNOTIFY waits, however much was sent behind it", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    await client.command("QREGISTER", okq.queue());
    await client.raw("QNOTIFY 600\r\n" + "PING\r\n".repeat(40_000));
    client.close();
    await gone(other, client);
  });

  store.test(
    "More than --max-read-ahead-bytes behind a QNOTIFY that waits end the wait and the connection",
    async (okq) => {
      const ahead = await okq.connect();
      await ahead.command("QREGISTER", okq.queue());
      await ahead.raw("QNOTIFY 600\r\n");
      flood(ahead, "PING\r\n".repeat(1000));
      assert.equal(await ahead.closed(), "$-1\r\n-ERR Protocol error: too many bytes behind a command that waits\r\n");
    },
    { maxReadAheadBytes: 200_000 },
  );

  store.test("However much is sent behind a QNOTIFY that ends soon is answered", async (okq) => {
    const client = await okq.connect();
    await client.command("QREGISTER", okq.queue());
    const sending = client.raw("QNOTIFY 0.1\r\n" + "PING\r\n".repeat(100_000));
    assert.equal(await client.readRaw(5), "$-1\r\n");
    const answers = await client.readRaw(700_000);
    assert.equal(answers === "+PONG\r\n".repeat(100_000), true);
    await sending;
  }, { maxReadAheadBytes: 65_536 });

  store.test("A row of QNOTIFYs that do not wait keeps nobody waiting, and all are answered", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const sending = client.raw("QNOTIFY 0\r\n".repeat(20_000) + "QUIT\r\n");
    const answers = client.closed();
    for (let i = 0; i < 50; i++) assert.equal(await other.command("PING"), "+PONG");
    assert.equal(await answers === "$-1\r\n".repeat(20_000) + "+OK\r\n", true);
    await sending;
  });

  store.test("A consumer is counted no longer once its QUIT is answered, though its connection stays", async (okq) => {
    const [client, other] = [await okq.connect(), await okq.connect()];
    const queue = okq.queue();
    await client.command("QREGISTER", queue);
    assert.equal(await client.command("QUIT"), "+OK");
    await eventually(async () => {
      assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
    });
    assert.notEqual(await lineOf(other, client), "", "the server still waits for the client to close");
  });

  store.test("Commands larger than --max-in-flight-bytes together come in one after the other", async (okq) => {
    const queue = okq.queue();
    const clients = await Promise.all(Array.from({ length: 6 }, () => okq.connect()));
    const contents = "x".repeat(900_000);
    const header = `*4\r\n$6\r\nQLPUSH\r\n$${queue.length}\r\n${queue}\r\n$1\r\n`;
    // All of them have sent most of theirs before one has sent it in full.
    const sending = clients.map((client, i) => client.raw(`${header}${i}\r\n$900000\r\n${contents.slice(1)}`));
    const other = await okq.connect();
    assert.equal(await other.command("QLPUSH", queue, "small", "x"), "+OK");
    for (const [i, client] of clients.entries()) {
      await sending[i];
      await client.raw("x\r\n");
      assert.equal(await client.shown(), "+OK", `client ${i}`);
    }
    assert.deepEqual(await other.command("QSTATUS", queue), [`${queue} total: 7 processing: 0 consumers: 0`]);
  }, { maxInFlightBytes: MIB, inputTimeoutMs: 30_000 });
});

await forEachStore((store) => {
  const options = { requirepass: "secret", authTimeoutMs: 300 };

  store.test("A client that does not log in within --auth-timeout is hung up on, one that has stays", async (okq) => {
    const [stranger, known] = [await okq.connect(), await okq.connect()];
    assert.equal(await known.command("AUTH", "secret"), "+OK");
    assert.match(`${await stranger.command("PING")}`, /^-NOAUTH /);
    assert.equal(await stranger.closed(), "");
    assert.equal(await known.command("PING"), "+PONG");
  }, options);

  store.test("A stranger's command has 10 arguments of 16 KiB at the most, as in Redis", async (okq) => {
    const longest = "x".repeat(MAX_UNAUTHENTICATED_ARGUMENT_BYTES);
    const attempt = async (...args: string[]): Promise<string> => {
      const client = await okq.connect();
      await client.send(...args);
      await client.closeWrite();
      return await client.closed();
    };
    const most = Array(MAX_UNAUTHENTICATED_ARGUMENTS - 1).fill("x");
    assert.match(await attempt("ECHO", longest), /^-NOAUTH /);
    assert.equal(await attempt("ECHO", `${longest}x`), "-ERR Protocol error: unauthenticated bulk length\r\n");
    assert.match(await attempt("QSTATUS", ...most), /^-NOAUTH /);
    assert.equal(await attempt("QSTATUS", ...most, "x"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
    const client = await okq.connect();
    assert.equal(await client.command("AUTH", "secret"), "+OK");
    assert.equal(await client.command("ECHO", `${longest}x`), `${longest}x`);
  }, { ...options, authTimeoutMs: 10_000 });
});
