import { Consumer, DecodeError, json, Producer, type QueuedEvent, text } from "../../mod.ts";
import { assert } from "../deps.ts";
import { Calls, hostPort, processingOf, totalOf } from "../support/consuming.ts";
import { eventually } from "../support/eventually.ts";
import { programTest } from "../support/programs.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes } from "../support/wire.ts";

await forEachStore(({ test }) => {
  test("run acknowledges an event when its handler resolves", async ({ addr, connect, queue }) => {
    const queues = queue();
    const values = Array.from({ length: 500 }, (_, i) => i);
    await using producer = new Producer({ addresses: hostPort(addr), codec: json<number>() });
    await producer.pushAll(queues, values);
    const handled = new Calls<number>();
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: json<number>(), concurrency: 20 });
    const running = consumer.run((event) => handled.call(event.value));
    await handled.reached(500);
    await consumer.close();
    await running;
    assert.deepEqual(handled.all.toSorted((a, b) => a - b), values);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("run gives an event back when its handler throws, and goes on with others", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, ["bad", "good"]);
    const handled = new Calls<string>();
    const errors = new Calls<[string, string | undefined]>();
    await using consumer = new Consumer({
      addresses: hostPort(addr),
      queues,
      codec: text,
      retryDelayMs: 100,
      onError: (error, event) => errors.call([(error as Error).message, event?.value]),
    });
    consumer.run(async (event) => {
      handled.call(event.value);
      if (handled.all.length === 1) await Promise.reject(new Error("not today"));
    });
    await handled.reached(3);
    assert.equal(handled.all[0], "bad");
    assert.deepEqual(handled.all.toSorted(), ["bad", "bad", "good"]);
    assert.deepEqual(errors.all, [["not today", "bad"]]);
  });

  test("run processes at most `concurrency` events at a time", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, Array(12).fill("x"));
    const begun = new Calls<QueuedEvent<string>>();
    const gate = Promise.withResolvers<void>();
    let active = 0;
    let max = 0;
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text, concurrency: 4 });
    consumer.run(async (event) => {
      max = Math.max(max, ++active);
      begun.call(event);
      await gate.promise;
      active--;
    });
    await begun.reached(4);
    gate.resolve();
    await begun.reached(12);
    assert.equal(max, 4);
  });

  test("run does not settle an event that its handler has settled", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(queues, "x");
    const handled = new Calls<boolean>();
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text });
    consumer.run(async (event) => handled.call(handled.all.length === 0 ? await event.redo() : await event.ack()));
    await handled.reached(2);
    await consumer.close();
    assert.deepEqual(handled.all, [true, true]);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("A loop receives one event at a time and settles it", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, ["a", "b", "c"], { id: (value) => value });
    const seen: string[] = [];
    const consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text });
    for await (const event of consumer) {
      seen.push(event.id + event.value);
      assert.equal(await processingOf(await connect(), queues), 1);
      assert.equal(seen.length === 2 ? await event.redo() : await event.ack(), true);
      if (seen.length === 4) break;
    }
    await consumer.close();
    assert.deepEqual(seen, ["aa", "bb", "bb", "cc"]);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("Several loops share a consumer", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, Array(6).fill("x"));
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text, concurrency: 3 });
    const begun = new Calls<string>();
    const gate = Promise.withResolvers<void>();
    const loop = async () => {
      for await (const event of consumer) {
        begun.call(event.id);
        await gate.promise;
        await event.ack();
        if (begun.all.length === 6) consumer.drain();
      }
    };
    const loops = [loop(), loop(), loop()];
    await begun.reached(3);
    gate.resolve();
    await Promise.all(loops);
    assert.equal(new Set(begun.all).size, 6);
  });

  test("An event that a loop does not settle is delivered again when its lease ends", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(queues, "x", { id: "1" });
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text, leaseMs: 200 });
    const seen: string[] = [];
    for await (const event of consumer) {
      seen.push(event.id);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ["1", "1"]);
  });

  test("Many loops keep receiving events that are never settled", async ({ addr, queue }) => {
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    const loops = Array.from({ length: 10 }, async (_, i) => {
      const queues = queue();
      await producer.push(queues, "x");
      await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text, leaseMs: 20 + i });
      let seen = 0;
      for await (const _ of consumer) if (++seen === 10) break;
    });
    await Promise.all(loops);
  });

  test("Closing gives back the unsettled events of a loop", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.push(queues, "x", { id: "1" });
    const leaving = async () => {
      await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text });
      for await (const event of consumer) throw new Error(event.id);
    };
    await assert.rejects(leaving(), /^Error: 1$/);
    assert.deepEqual(await (await connect()).command("QRPOP", queues), ["1", "x"]);
  });

  test("A handler that runs longer than its lease does not keep the event from other consumers", async (okq) => {
    const queues = okq.queue();
    const addresses = hostPort(okq.addr);
    await using producer = new Producer({ addresses, codec: text });
    await producer.push(queues, "x", { id: "1" });
    const gate = Promise.withResolvers<void>();
    const hung = new Calls<QueuedEvent<string>>();
    const other = new Calls<QueuedEvent<string>>();
    await using slow = new Consumer({ addresses, queues, codec: text, leaseMs: 200, maxLeaseMs: 0 });
    slow.run(async (event) => {
      hung.call(event);
      await gate.promise;
    });
    await hung.reached(1);
    await using fast = new Consumer({ addresses, queues, codec: text });
    fast.run((event) => other.call(event));
    await other.reached(1);
    await eventually(() => hung.all[0].signal.aborted);
    gate.resolve();
    await Promise.all([slow.close(), fast.close()]);
    assert.deepEqual([hung.all.length, other.all.length], [1, 1]);
    assert.equal(await totalOf(await okq.connect(), queues), 0);
  });

  test("A handler that fails after its lease does not take the event from the next consumer", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const errors = new Calls<unknown>();
    const begun = new Calls<unknown>();
    const gate = Promise.withResolvers<void>();
    const options = { addresses: hostPort(okq.addr), queues, leaseMs: 100, maxLeaseMs: 0, onError: errors.call };
    await using consumer = new Consumer(options);
    consumer.run(async (event) => {
      begun.call(event);
      await gate.promise;
      throw new Error("too late");
    });
    await begun.reached(1);
    await eventually(async () => assert.deepEqual(await wire.command("QRPOP", queues, "EX", "60"), ["1", "x"]));
    gate.resolve();
    await errors.reached(1);
    await consumer.close();
    assert.equal(await processingOf(wire, queues), 1);
  });

  test("Draining claims no more events and finishes the others", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, Array(10).fill("x"));
    const stop = new AbortController();
    const gate = Promise.withResolvers<void>();
    const begun = new Calls<unknown>();
    const consumer = new Consumer({
      addresses: hostPort(addr),
      queues,
      codec: text,
      concurrency: 3,
      signal: stop.signal,
    });
    const running = consumer.run(async (event) => {
      begun.call(event);
      await gate.promise;
    });
    await begun.reached(3);
    stop.abort();
    const wire = await connect();
    await eventually(async () => assert.match(`${await wire.command("QSTATUS", queues)}`, / consumers: 0$/));
    gate.resolve();
    await running;
    assert.equal(begun.all.length, 3);
    assert.deepEqual(await wire.command("QSTATUS", queues), [`${queues} total: 7 processing: 0 consumers: 0`]);
  });

  test("Draining ends loops, and their events can still be acknowledged", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    await producer.pushAll(queues, ["a", "b"]);
    const stop = new AbortController();
    const held: QueuedEvent<string>[] = [];
    const signal = stop.signal;
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text, concurrency: 5, signal });
    for await (const event of consumer) {
      held.push(event);
      if (held.length === 2) setTimeout(() => stop.abort());
    }
    assert.deepEqual(await Promise.all(held.map((event) => event.ack())), [true, true]);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("A consumer that is drained before it runs claims nothing", async ({ addr, queue }) => {
    const consumer = new Consumer({ addresses: hostPort(addr), queues: queue(), signal: AbortSignal.abort() });
    await consumer.run(() => assert.fail("there is no event"));
    const looping = new Consumer({ addresses: hostPort(addr), queues: queue(), signal: AbortSignal.abort() });
    for await (const _ of looping) assert.fail("there is no event");
  });

  test("using disconnects at once, and leaves the event leased", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    let event: QueuedEvent | undefined;
    {
      using consumer = new Consumer({ addresses: hostPort(addr), queues, leaseMs: 600_000 });
      event = (await consumer[Symbol.asyncIterator]().next()).value;
    }
    assert.equal(await processingOf(wire, queues), 1);
    assert.equal(await event!.redo(), false);
    assert.equal(await wire.command("QTOUCH", queues, "1", "EX", "0"), 1);
    await eventually(async () => assert.deepEqual(await wire.command("QRPOP", queues), ["1", "x"]));
  });

  test("A busy queue does not starve another", async ({ addr, connect, queue }) => {
    const queues = [queue(), queue()];
    await using producer = new Producer({ addresses: hostPort(addr), codec: text });
    const wire = await connect();
    await producer.pushAll(queues[0], Array(20).fill("x"));
    const seen = new Calls<string>();
    await using consumer = new Consumer({ addresses: hostPort(addr), queues, codec: text });
    const endless = new AbortController();
    consumer.run(async (event) => {
      if (endless.signal.aborted) return;
      seen.call(event.queue);
      await producer.push(event.queue, "again");
    });
    await seen.reached(5);
    await wire.command("QLPUSH", queues[1], "1", "x");
    await eventually(() => seen.all.includes(queues[1]));
    endless.abort();
  });

  test("An event is given back if onError drains the consumer", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const onError = () => consumer.drain();
    const consumer = new Consumer({ addresses: hostPort(addr), queues, retryDelayMs: 0, onError });
    await consumer.run(() => Promise.reject(new Error("fatal")));
    assert.deepEqual(await wire.command("QRPOP", queues), ["1", "x"]);
  });

  test("An event that cannot be decoded throws when its value is read, and is delivered again", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", bytes("\xff{"));
    const errors = new Calls<[unknown, QueuedEvent<unknown> | undefined]>();
    const options = { addresses: hostPort(okq.addr), queues, codec: json(), retryDelayMs: 10 };
    const consumer = new Consumer({ ...options, onError: (error, event) => errors.call([error, event]) });
    consumer.run((event) => void event.value);
    await errors.reached(2);
    await consumer.close();
    const [error, event] = errors.all[0];
    assert.ok(error instanceof DecodeError && error.cause instanceof Error);
    assert.deepEqual([error.queue, error.id, event?.contents.length], [queues, "1", 2]);
    await using looping = new Consumer(options);
    for await (const event of looping) {
      assert.throws(() => event.value, DecodeError);
      assert.equal(await event.ack(), true);
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("An id that is not UTF-8 can be acknowledged", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, bytes("\xff\xfe"), "x");
    await using consumer = new Consumer({ addresses: hostPort(addr), queues });
    for await (const event of consumer) {
      assert.equal(await event.ack(), true);
      assert.equal(await event.ack(), true, "the second call returns the same");
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("ack returns false for an event that was removed", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const consumer = new Consumer({ addresses: hostPort(addr), queues });
    for await (const event of consumer) {
      await wire.command("QFLUSH", queues);
      assert.equal(await event.ack(), false);
      break;
    }
    await consumer.close();
  });

  test("ack returns false after the consumer was disposed of", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    let event: QueuedEvent | undefined;
    {
      using consumer = new Consumer({ addresses: hostPort(addr), queues });
      event = (await consumer[Symbol.asyncIterator]().next()).value;
    }
    assert.equal(event!.settled, true); // by the attempt to give it back
    assert.equal(await event!.ack(), false);
  });
});

programTest("A consumer runs one handler, or loops, and only once", async () => {
  const consumer = new Consumer({ queues: "q", signal: AbortSignal.abort() });
  await consumer.run(() => {});
  await assert.rejects(consumer.run(() => {}), /in use/);
  assert.throws(() => consumer[Symbol.asyncIterator](), /handler/);
});

programTest("A consumer refuses options that are not valid", () => {
  for (const queues of ["", "x".repeat(513), ["ok", ""]]) assert.throws(() => new Consumer({ queues }), RangeError);
  assert.throws(() => new Consumer({ queues: [] }), TypeError);
  assert.throws(() => new Consumer({ queues: "q", addresses: "box" }), TypeError);
  assert.throws(() => new Consumer({ queues: "q", concurrency: 0 }), RangeError);
  assert.throws(() => new Consumer({ queues: "q", leaseMs: NaN }), RangeError);
  return Promise.resolve();
});
