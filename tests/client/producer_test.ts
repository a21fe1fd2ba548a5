import { BatchFailed, DuplicateEvent, json, Producer, Refused, serve, text, TooBusy, Unavailable } from "../../mod.ts";
import { assert } from "../deps.ts";
import { CommandProxy } from "../support/command_proxy.ts";
import { hostPort, totalOf } from "../support/consuming.ts";
import { eventually } from "../support/eventually.ts";
import { startServer } from "../support/process.ts";
import { programTest, redisTest } from "../support/programs.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { forEachStore, forRedis } from "../support/stores.ts";
import { bytes, connect } from "../support/wire.ts";
import { fields } from "../support/fields.ts";

await forEachStore(({ test }) => {
  test("push stores an event with the id that it returns", async ({ addr, connect, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    const wire = await connect();
    assert.equal(await producer.push(name, "given", { id: "42" }), "42");
    const id = await producer.push(name, "generated");
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(await wire.command("QRPOP", name), ["42", "given"]);
    assert.deepEqual(await wire.command("QRPOP", name), [id, "generated"]);
  });

  test("push on the right makes the event the next one to be delivered", async ({ addr, connect, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(name, "first");
    await producer.push(name, "urgent", { side: "right", id: "1" });
    assert.deepEqual(await (await connect()).command("QRPOP", name), ["1", "urgent"]);
  });

  test("push with delayMs delays the event, and ttlMs has it removed", async ({ addr, connect, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    const wire = await connect();
    await wire.command("QREGISTER", name);
    await producer.push(name, "later", { id: "2", delayMs: 600_000 });
    assert.equal(fields(await wire.command("QGET", name, "2")).state, "delayed");
    assert.equal(await wire.command("QACK", name, "2"), 1);
    await producer.pushAll(name, ["late"], { id: () => "1", delayMs: 50 });
    assert.equal(await wire.command("QNOTIFY", "600"), name);
    assert.deepEqual(await wire.command("QRPOP", name, "NOACK"), ["1", "late"]);
    await producer.push(name, "short-lived", { ttlMs: 50 });
    await eventually(async () => assert.equal(await totalOf(wire, name), 0));
    for (const options of [{ delayMs: -1 }, { delayMs: NaN }, { ttlMs: 0 }]) {
      await assert.rejects(producer.push(name, "x", options), RangeError);
    }
  });

  test("push rejects with DuplicateEvent if the queue holds the id", async ({ addr, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(name, "a", { id: "1" });
    await assert.rejects(producer.push(name, "b", { id: "1" }), (error) => {
      assert.ok(error instanceof DuplicateEvent);
      assert.deepEqual([error.queue, error.id, error.name], [name, "1", "DuplicateEvent"]);
      return true;
    });
  });

  test("push with ifPresent: ignore changes nothing if the queue holds the id", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await wire.command("QLPUSH", name, "1", "first");
    await wire.command("QRPOP", name);
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    for (const value of ["second", "third"]) {
      assert.equal(await producer.push(name, value, { id: "1", ifPresent: "ignore" }), "1");
    }
    const options = { id: (value: string) => value, ifPresent: "ignore" } as const;
    assert.deepEqual(await producer.pushAll(name, ["1", "2", "2"], options), ["1", "2", "2"]);
    await assert.rejects(producer.push(name, "x", { id: "1", ifPresent: "fail" }), DuplicateEvent);
    assert.equal(await totalOf(wire, name), 2);
    assert.equal(await wire.command("QACK", name, "1", "REDO"), 1);
    assert.deepEqual(await wire.command("QRPOP", name), ["1", "first"]);
  });

  test("push counts a duplicate of its own earlier attempt as success", async ({ addr, connect, queue }) => {
    const name = queue();
    await using proxy = new CommandProxy(addr);
    await using producer = new Producer({ addresses: proxy.address, codec: text });
    await producer.push(name, "first");
    proxy.droppingReply = true;
    assert.equal(await producer.push(name, "second", { id: "2" }), "2");
    assert.equal(proxy.count("QLPUSH"), 3);
    assert.equal(await totalOf(await connect(), name), 2);
  });

  test("push rejects with Refused if the event is too large", async ({ addr, queue }) => {
    await using producer = new Producer({ addresses: hostPort(addr) });
    const big = new Uint8Array(1001);
    await assert.rejects(producer.push(queue(), big), (error) => error instanceof Refused);
  }, { maxEventBytes: 1000 });

  test("push keeps group and meta with the event", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(name, "x", { id: "1", group: "customer-7", meta: { tenant: "acme", from: "web" } });
    await producer.push(name, "x", { id: "2", group: "customer-7", meta: bytes("any\0bytes"), noblock: true });
    await producer.pushAll(name, ["x"], { id: () => "3", group: "customer-7", meta: {} });
    const shown = async (id: string) => {
      const { group, meta, state } = fields(await wire.command("QGET", name, id));
      return [group, meta, state];
    };
    assert.deepEqual(await shown("1"), ["customer-7", "tenant: acme\nfrom: web", "ready"]);
    await eventually(async () => assert.deepEqual(await shown("2"), ["customer-7", "any\0bytes", "blocked"]));
    assert.deepEqual(await shown("3"), ["customer-7", null, "blocked"]);
    for (const options of [{ group: "" }, { group: "x".repeat(513) }, { meta: new Uint8Array(4097) }]) {
      await assert.rejects(producer.push(name, "x", options), (error) => error instanceof Refused);
    }
    await assert.rejects(producer.push(name, "x", { meta: { "a:b": "c" } }), TypeError);
    await assert.rejects(producer.pushAll(name, ["x"], { meta: { a: "b\nc" } }), TypeError);
    assert.equal(await totalOf(wire, name), 3);
  });

  test("push with noblock returns before the event is stored", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await wire.command("QREGISTER", name);
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(name, "a", { id: "1", noblock: true });
    assert.equal(await wire.command("QNOTIFY", "600"), name);
    assert.deepEqual(await wire.command("QRPOP", name), ["1", "a"]);
  });

  test("pushAll stores all values in order and returns their ids", async ({ addr, connect, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: json<number>() });
    const values = Array.from({ length: 5000 }, (_, i) => i);
    const ids = await producer.pushAll(name, values, { id: (value, index) => `${value}-${index}` });
    assert.deepEqual(ids, values.map((i) => `${i}-${i}`));
    const wire = await connect();
    assert.equal(await totalOf(wire, name), 5000);
    assert.deepEqual(await wire.command("QRPOP", name), ["0-0", "0"]);
    assert.deepEqual(await wire.command("QLPEEK", name), ["4999-4999", "4999"]);
  });

  test("pushAll pushes what it can, and its error lists the other events", async ({ addr, connect, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(name, "there", { id: "b" });
    const pushing = producer.pushAll(name, ["a", "b", "c", "b"], { id: (value) => value });
    await assert.rejects(pushing, (error) => {
      assert.ok(error instanceof BatchFailed);
      assert.deepEqual(error.failures.map(({ index, id }) => [index, id]), [[1, "b"], [3, "b"]]);
      assert.ok(error.failures[0].error instanceof DuplicateEvent);
      return true;
    });
    assert.equal(await totalOf(await connect(), name), 3);
  });

  test("pushAll with atomic pushes all events in order, or none", async ({ addr, connect, queue }) => {
    const name = queue();
    const wire = await connect();
    await using proxy = new CommandProxy(addr);
    await using producer = new Producer({ addresses: proxy.address, codec: text });
    const values = Array.from({ length: 1000 }, (_, i) => `${i}`);
    const options = { id: (value: string) => value, atomic: true };
    assert.deepEqual(await producer.pushAll(name, values, options), values);
    assert.deepEqual([proxy.count("QMPUSH"), proxy.count("QLPUSH")], [1, 0]);
    assert.deepEqual(await wire.command("QRPOP", name), ["0", "0"]);
    await assert.rejects(producer.pushAll(name, ["a", "999", "b"], options), (error) => {
      assert.ok(error instanceof DuplicateEvent);
      assert.deepEqual([error.queue, error.id], [name, "999"]);
      return true;
    });
    await assert.rejects(producer.pushAll(name, ["a", "a"], options), DuplicateEvent);
    await assert.rejects(producer.pushAll(name, [...values, "1000"], options), RangeError);
    for (const other of [{ noblock: true }, { ifPresent: "ignore" }] as const) {
      await assert.rejects(producer.pushAll(name, ["a"], { ...options, ...other }), TypeError);
    }
    assert.deepEqual(await producer.pushAll(name, [], options), []);
    assert.equal(await totalOf(wire, name), 1000);
    const urgent = { ...options, side: "right", group: "g", meta: { a: "b" }, ttlMs: 600_000 } as const;
    await producer.pushAll(name, ["a", "b"], urgent);
    const { group, meta, ttl } = fields(await wire.command("QGET", name, "b"));
    assert.deepEqual([group, meta], ["g", "a: b"]);
    assert.ok(Number(ttl) > 0);
    assert.deepEqual(await wire.command("QRPOP", name), ["a", "a"]);
  });

  test("pushAll with atomic counts a duplicate of its own earlier attempt as success", async (okq) => {
    const name = okq.queue();
    await using proxy = new CommandProxy(okq.addr);
    await using producer = new Producer({ addresses: proxy.address, codec: text });
    await producer.push(name, "first");
    proxy.droppingReply = true;
    const options = { id: (value: string) => value, atomic: true };
    assert.deepEqual(await producer.pushAll(name, ["1", "2"], options), ["1", "2"]);
    assert.equal(proxy.count("QMPUSH"), 2);
    assert.equal(await totalOf(await okq.connect(), name), 3);
  });

  test("pushAll takes values of a generator, and rejects with its error", async ({ addr, connect, queue }) => {
    const name = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    const values = async function* () {
      yield* ["a", "b"];
      await Promise.reject(new Error("no more"));
    };
    await assert.rejects(producer.pushAll(name, values()), /no more/);
    assert.equal(await totalOf(await connect(), name), 2);
  });
});

await forRedis(({ test }) => {
  test("A producer goes on at the next address", async ({ addr, connect, queue, serve }) => {
    const name = queue();
    const other = await serve();
    await using proxy = new CommandProxy(other.addr);
    await using producer = new Producer({ addresses: [proxy.address, hostPort(addr)], codec: text });
    await producer.push(name, "a");
    proxy.refusing = true;
    proxy.cut();
    await producer.push(name, "b");
    assert.equal(proxy.count("QLPUSH"), 1);
    assert.equal(await totalOf(await connect(), name), 2);
  });
});

programTest("push rejects with Unavailable after timeoutMs, with a known outcome if it never connected", async () => {
  await using producer = new Producer({ addresses: `127.0.0.1:${freePort()}`, timeoutMs: 100 });
  await assert.rejects(producer.push("q", new Uint8Array()), (error) => {
    assert.ok(error instanceof Unavailable);
    assert.equal(error.outcomeUnknown, false);
    return true;
  });
});

programTest("A duplicate is an error if the earlier attempt was not carried out", async () => {
  await using server = await started();
  await using proxy = new CommandProxy(server.addr);
  await using wire = await connect(server.addr);
  await wire.command("QLPUSH", "q", "1", "of another producer");
  proxy.refusing = true;
  await using producer = new Producer({ addresses: proxy.address, codec: text });
  const pushing = producer.push("q", "mine", { id: "1" });
  pushing.catch(() => {});
  while (proxy.connections < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  proxy.refusing = false;
  await assert.rejects(pushing, (error) => error instanceof DuplicateEvent);
});

programTest("push with noblock rejects with TooBusy when the server accepts no more", async () => {
  await using server = await started(0);
  await using producer = new Producer({ addresses: hostPort(server.addr), codec: text });
  await assert.rejects(producer.push("q", "a", { noblock: true }), (error) => error instanceof TooBusy);
});

programTest("A closed producer refuses to push", async () => {
  await using server = await started();
  const producer = new Producer({ addresses: hostPort(server.addr), codec: text });
  const pushing = producer.push("q", "a");
  await producer.close();
  await pushing;
  await assert.rejects(producer.push("q", "b"), /closed/);
});

programTest("A producer refuses wrong addresses, and contents that are not bytes", async () => {
  for (const addresses of [[], "", "box", "box:0", "box:99999", "::1:1"]) {
    assert.throws(() => new Producer({ addresses }), TypeError);
  }
  new Producer({ addresses: "[::1]:4777" });
  await using producer = new Producer();
  await assert.rejects(producer.push("q", "text" as unknown as Uint8Array), TypeError);
});

redisTest("pushAll pushes every event exactly once while okq is killed and restarted", async () => {
  await using redis = await startRedis();
  const port = freePort();
  const start = () => startServer(redis.url, ["--listen-addr", `127.0.0.1:${port}`]);
  const first = start();
  await first.addr();
  await using producer = new Producer({ addresses: `127.0.0.1:${port}`, codec: text, timeoutMs: 120_000 });
  const pushing = producer.pushAll("q", Array.from({ length: 30_000 }, (_, i) => `${i}`), { id: (value) => value });
  await using direct = await connect({ hostname: "127.0.0.1", port });
  while (await totalOf(direct, "q") < 5000);
  await first[Symbol.asyncDispose]();
  await using second = start();
  await pushing;
  await using wire = await connect(await second.addr());
  assert.equal(await totalOf(wire, "q"), 30_000);
});

async function started(maxNoblockPushes = 10) {
  const listenAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serve({
    listenAddr,
    store: "sqlite::memory:",
    logLevel: "error",
    maxNoblockPushes,
  });
  return { addr: server.addr, [Symbol.asyncDispose]: () => server.close() };
}
