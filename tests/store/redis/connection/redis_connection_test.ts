import { Buffer } from "../../../../deps.ts";
import { ErrorReply } from "../../../../store/redis/deps.ts";
import { RedisConnection, ReplyTimeout } from "../../../../store/redis/connection/redis_connection.ts";
import { StoreUnavailable } from "../../../../store/store.ts";
import { assert } from "../../../deps.ts";
import { bytes } from "../../../support/decoding.ts";
import { FakeTimers } from "../../../support/fake_timers.ts";
import { redisTest } from "../../../support/programs.ts";
import { sendToRedis } from "../../../support/redis_command.ts";
import { startRedis } from "../../../support/redis_server.ts";

const TIMEOUT_MS = 60_000;
const MIB = 1024 * 1024;
const LATE_MS = 100;

function newConnection(port: number, options: { password?: string; database?: number; timeoutMs?: number } = {}) {
  const ends: string[] = [];
  const connection = new RedisConnection(
    { host: "127.0.0.1", port },
    { tls: false, timeoutMs: TIMEOUT_MS, ...options },
    ({ message }) => ends.push(message),
  );
  return { connection, ends };
}

/** A server that does to each connection what the test says. */
function listen(serve: (socket: Deno.TcpConn) => unknown): Deno.TcpListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const socket of listener) serve(socket);
  })();
  return listener;
}

redisTest("RedisConnection returns the replies of calls in their order, whatever their size", async () => {
  await using redis = await startRedis();
  const { connection, ends } = newConnection(redis.port, { database: 3 });
  await connection.connect();
  const large = crypto.getRandomValues(new Uint8Array(65_536));
  const contents = Buffer.alloc(3 * MIB, large);
  const calls = await Promise.all([
    connection.send([["SET", "large", contents], ["GET", "missing"], ["RPUSH", "list", "a", "é"]]),
    connection.send([["GET", "large"]]),
    connection.send([["LRANGE", "list", "0", "-1"], ["EVAL", "return {1, {redis.error_reply('ERR no')}}", "0"]]),
  ]);
  assert.deepEqual(calls, [
    ["OK", null, 2],
    [contents],
    [[Buffer.from("a"), Buffer.from("é")], [1, [new ErrorReply("ERR no")]]],
  ]);
  const other = newConnection(redis.port).connection;
  await other.connect();
  assert.deepEqual(await other.send([["EXISTS", "large"]]), [0], "the database is another");
  other.close();
  connection.close();
  assert.deepEqual(ends, ["it was closed"]);
});

redisTest(
  "RedisConnection rejects a call whose first command is refused, and knows no outcome after another's",
  async () => {
    await using redis = await startRedis();
    const { connection } = newConnection(redis.port);
    await connection.connect();
    const refused = connection.send([["NO"], ["SET", "a", "1"]]);
    const half = connection.send([["SET", "a", "1"], ["NO"]]);
    await assert.rejects(refused, (error) => error instanceof ErrorReply && /unknown command/.test(error.message));
    await assert.rejects(half, (error) => error instanceof StoreUnavailable && error.outcomeUnknown);
    assert.deepEqual(await connection.send([["GET", "a"]]), [Buffer.from("1")]);
    connection.close();
  },
);

redisTest(
  "RedisConnection rejects what is unanswered when it breaks, and knows that later calls are not sent",
  async () => {
    await using redis = await startRedis();
    const { connection, ends } = newConnection(redis.port);
    await connection.connect();
    const blocked = connection.send([["BLPOP", "list", "0"]]);
    const broken = assert.rejects(blocked, { name: "Error", message: "the server closed it" });
    const other = newConnection(redis.port).connection;
    await other.connect();
    await other.send([["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]]);
    await broken;
    assert.deepEqual(ends, ["the server closed it"]);
    const later = (error: unknown) => error instanceof StoreUnavailable && !error.outcomeUnknown;
    await assert.rejects(connection.send([["PING"]]), later);
    other.close();
  },
);

redisTest("RedisConnection logs in, and rejects a wrong password with the words of Redis", async () => {
  await using redis = await startRedis();
  await sendToRedis(redis, "CONFIG", "SET", "requirepass", "secret");
  const { connection } = newConnection(redis.port, { password: "secret" });
  await connection.connect();
  assert.deepEqual(await connection.send([["PING"]]), ["PONG"]);
  connection.close();
  const wrong = newConnection(redis.port, { password: "wrong" });
  await assert.rejects(wrong.connection.connect(), /WRONGPASS/);
  assert.equal(wrong.ends.length, 1);
});

Deno.test("RedisConnection ends if a reply is late", async () => {
  const sockets: Deno.Conn[] = [];
  using listener = listen((socket) => sockets.push(socket));
  const { connection, ends } = newConnection((listener.addr as Deno.NetAddr).port, { timeoutMs: 50 });
  await connection.connect();
  await assert.rejects(connection.send([["PING"]]), { message: "it does not answer" });
  assert.deepEqual(ends, ["it does not answer"]);
  for (const socket of sockets) socket.close();
});

Deno.test("RedisConnection ends if the server answers what was not asked, or nothing of RESP", async () => {
  for (const [text, reason] of [["+OK\r\n", "it answers what was not asked"], ["?\r\n", /^Protocol error/]] as const) {
    using listener = listen(async (socket) => {
      await socket.write(bytes(text));
      await socket.read(new Uint8Array(1));
      socket.close();
    });
    const { promise, resolve } = Promise.withResolvers<Error>();
    const port = (listener.addr as Deno.NetAddr).port;
    await new RedisConnection({ host: "127.0.0.1", port }, { tls: false, timeoutMs: TIMEOUT_MS }, resolve).connect();
    const { message } = await promise;
    if (typeof reason === "string") assert.equal(message, reason);
    else assert.match(message, reason);
  }
});

Deno.test("RedisConnection that is closed while it connects ends once", async () => {
  using listener = listen((socket) => socket.close());
  const { connection, ends } = newConnection((listener.addr as Deno.NetAddr).port);
  const connecting = connection.connect();
  connection.close();
  await assert.rejects(connecting, { message: "it was closed" });
  assert.deepEqual(ends, ["it was closed"]);
});

/** A timeout, and how often it was reached. */
function newTimeout() {
  const reached = { times: 0 };
  return { timeout: new ReplyTimeout(LATE_MS, () => reached.times++), reached };
}

Deno.test("ReplyTimeout is reached when a reply is late", () => {
  using timers = new FakeTimers();
  const { timeout, reached } = newTimeout();
  timeout.sent();
  timers.advance(LATE_MS - 1);
  assert.equal(reached.times, 0);
  timers.advance(1);
  assert.equal(reached.times, 1);
});

Deno.test("ReplyTimeout begins when the oldest unanswered call was sent", () => {
  using timers = new FakeTimers();
  const { timeout, reached } = newTimeout();
  timeout.sent();
  timers.advance(60);
  timeout.sent();
  timeout.answered();
  timers.advance(LATE_MS - 1);
  assert.equal(reached.times, 0);
  timers.advance(1);
  assert.equal(reached.times, 1);
});

Deno.test("ReplyTimeout is not reached when all calls are answered, nor while it is stopped", () => {
  using timers = new FakeTimers();
  const { timeout, reached } = newTimeout();
  timeout.sent();
  timeout.answered();
  timers.advance(10 * LATE_MS);
  timeout.sent();
  timeout.stop();
  timers.advance(10 * LATE_MS);
  assert.equal(reached.times, 0);
  assert.deepEqual(timers.pending, []);
});
