import { Consumer, DecodeError, json, Producer, type QueuedEvent, text } from "../../mod.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { programTest } from "../support/programs.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes } from "../support/wire.ts";
import { at, Calls, processingOf, totalOf } from "./helpers.ts";

await forEachStore(({ test }) => {
  test("run acknowledges an event when its handler resolves", async ({ addr, connect, queue }) => {
    const queues = queue();
    const values = Array.from({ length: 500 }, (_, i) => i);
    await using producer = new Producer({ addresses: at(addr), codec: json<number>() });
    await producer.pushAll(queues, values);
    const handled = new Calls<number>();
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: json<number>(), concurrency: 20 });
    const running = consumer.run((event) => handled.call(event.value));
    await handled.reached(500);
    await consumer.close();
    await running;
    assert.deepEqual(handled.all.toSorted((a, b) => a - b), values);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("run gives an event back when its handler throws, and others are not held up", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, ["bad", "good"]);
    const handled = new Calls<string>();
    const errors = new Calls<[string, string | undefined]>();
    await using consumer = new Consumer({
      addresses: at(addr),
      queues,
      codec: text,
      retryDelayMs: 200,
      onError: (error, event) => errors.call([(error as Error).message, event?.value]),
    });
    consumer.run(async (event) => {
      handled.call(event.value);
      if (handled.all.length === 1) await Promise.reject(new Error("not today"));
    });
    await handled.reached(3);
    assert.deepEqual(handled.all, ["bad", "good", "bad"]);
    assert.deepEqual(errors.all, [["not today", "bad"]]);
  });

  test("run has as many events in hand as it may, and no more", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, Array(12).fill("x"));
    const begun = new Calls<QueuedEvent<string>>();
    const gate = Promise.withResolvers<void>();
    let inHand = 0;
    let most = 0;
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: text, concurrency: 4 });
    consumer.run(async (event) => {
      most = Math.max(most, ++inHand);
      begun.call(event);
      await gate.promise;
      inHand--;
    });
    await begun.reached(4);
    gate.resolve();
    await begun.reached(12);
    assert.equal(most, 4);
  });

  test("run leaves an event to a handler that settles it", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.push(queues, "x");
    const handled = new Calls<boolean>();
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: text });
    consumer.run(async (event) => handled.call(handled.all.length === 0 ? await event.redo() : await event.ack()));
    await handled.reached(2);
    await consumer.close();
    assert.deepEqual(handled.all, [true, true]);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("A loop gets an event at a time, and settles it", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, ["a", "b", "c"], { id: (value) => value });
    const seen: string[] = [];
    const consumer = new Consumer({ addresses: at(addr), queues, codec: text });
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

  test("Loops share a consumer, each with an event in hand", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, Array(6).fill("x"));
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: text, concurrency: 3 });
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

  test("An event that a loop does not settle comes again when its lease ends", async ({ addr, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.push(queues, "x", { id: "1" });
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: text, leaseMs: 200 });
    const seen: string[] = [];
    for await (const event of consumer) {
      seen.push(event.id);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ["1", "1"]);
  });

  test("Events that are never settled come again and again, to each of many loops", async ({ addr, queue }) => {
    await using producer = new Producer({ addresses: at(addr), codec: text });
    const loops = Array.from({ length: 10 }, async (_, i) => {
      const queues = queue();
      await producer.push(queues, "x");
      await using consumer = new Consumer({ addresses: at(addr), queues, codec: text, leaseMs: 20 + i });
      let seen = 0;
      for await (const _ of consumer) if (++seen === 10) break;
    });
    await Promise.all(loops);
  });

  test("Closing gives back what a loop has not settled", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.push(queues, "x", { id: "1" });
    const leaving = async () => {
      await using consumer = new Consumer({ addresses: at(addr), queues, codec: text });
      for await (const event of consumer) throw new Error(event.id);
    };
    await assert.rejects(leaving(), /^Error: 1$/);
    assert.deepEqual(await (await connect()).command("QRPOP", queues), ["1", "x"]);
  });

  test("A consumer that hangs beyond its lease keeps no event from others, and may end late", async (okq) => {
    const queues = okq.queue();
    const addresses = at(okq.addr);
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
    assert.equal(hung.all[0].signal.aborted, true);
    gate.resolve();
    await Promise.all([slow.close(), fast.close()]);
    assert.deepEqual([hung.all.length, other.all.length], [1, 1]);
    assert.equal(await totalOf(await okq.connect(), queues), 0);
  });

  test("A handler that fails after its lease does not take the event from its new consumer", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const errors = new Calls<unknown>();
    const begun = new Calls<unknown>();
    const gate = Promise.withResolvers<void>();
    const options = { addresses: at(okq.addr), queues, leaseMs: 100, maxLeaseMs: 0, onError: errors.call };
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

  test("Draining takes no new events and finishes those in hand", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, Array(10).fill("x"));
    const stop = new AbortController();
    const gate = Promise.withResolvers<void>();
    const begun = new Calls<unknown>();
    const consumer = new Consumer({ addresses: at(addr), queues, codec: text, concurrency: 3, signal: stop.signal });
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

  test("Draining ends loops, whose events can still be acknowledged", async ({ addr, connect, queue }) => {
    const queues = queue();
    await using producer = new Producer({ addresses: at(addr), codec: text });
    await producer.pushAll(queues, ["a", "b"]);
    const stop = new AbortController();
    const held: QueuedEvent<string>[] = [];
    const signal = stop.signal;
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: text, concurrency: 5, signal });
    for await (const event of consumer) {
      held.push(event);
      if (held.length === 2) setTimeout(() => stop.abort());
    }
    assert.deepEqual(await Promise.all(held.map((event) => event.ack())), [true, true]);
    assert.equal(await totalOf(await connect(), queues), 0);
  });

  test("A consumer that was told to drain before it runs takes nothing", async ({ addr, queue }) => {
    const consumer = new Consumer({ addresses: at(addr), queues: queue(), signal: AbortSignal.abort() });
    await consumer.run(() => assert.fail("there is no event"));
    const looping = new Consumer({ addresses: at(addr), queues: queue(), signal: AbortSignal.abort() });
    for await (const _ of looping) assert.fail("there is no event");
  });

  test("using hangs up at once, and the event comes back when its lease ends", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    let event: QueuedEvent | undefined;
    {
      using consumer = new Consumer({ addresses: at(addr), queues, leaseMs: 1000 });
      event = (await consumer[Symbol.asyncIterator]().next()).value;
    }
    assert.equal(await processingOf(wire, queues), 1);
    assert.equal(await event!.redo(), false);
    await eventually(async () => assert.deepEqual(await wire.command("QRPOP", queues), ["1", "x"]));
  });

  test("A busy queue does not hide another", async ({ addr, connect, queue }) => {
    const queues = [queue(), queue()];
    await using producer = new Producer({ addresses: at(addr), codec: text });
    const wire = await connect();
    await producer.pushAll(queues[0], Array(20).fill("x"));
    const seen = new Calls<string>();
    await using consumer = new Consumer({ addresses: at(addr), queues, codec: text });
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

  test("An event whose failure drains the consumer is given back", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const onError = () => consumer.drain();
    const consumer = new Consumer({ addresses: at(addr), queues, retryDelayMs: 0, onError });
    await consumer.run(() => Promise.reject(new Error("no use in going on")));
    assert.deepEqual(await wire.command("QRPOP", queues), ["1", "x"]);
  });

  test("An event that cannot be decoded fails where its value is asked for, and comes again", async (okq) => {
    const queues = okq.queue();
    const wire = await okq.connect();
    await wire.command("QLPUSH", queues, "1", bytes("\xff{"));
    const errors = new Calls<[unknown, QueuedEvent<unknown> | undefined]>();
    const options = { addresses: at(okq.addr), queues, codec: json(), retryDelayMs: 10 };
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

  test("An id that is no text is acknowledged all the same", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, bytes("\xff\xfe"), "x");
    await using consumer = new Consumer({ addresses: at(addr), queues });
    for await (const event of consumer) {
      assert.equal(await event.ack(), true);
      assert.equal(await event.ack(), true, "the second call says the same");
      break;
    }
    assert.equal(await totalOf(wire, queues), 0);
  });

  test("An event that is gone is acknowledged in vain", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    const consumer = new Consumer({ addresses: at(addr), queues });
    for await (const event of consumer) {
      await wire.command("QFLUSH", queues);
      assert.equal(await event.ack(), false);
      break;
    }
    await consumer.close();
  });

  test("An event of a closed consumer cannot be acknowledged", async ({ addr, connect, queue }) => {
    const queues = queue();
    const wire = await connect();
    await wire.command("QLPUSH", queues, "1", "x");
    let event: QueuedEvent | undefined;
    {
      using consumer = new Consumer({ addresses: at(addr), queues });
      event = (await consumer[Symbol.asyncIterator]().next()).value;
    }
    assert.equal(event!.settled, true); // given back, in vain
    assert.equal(await event!.ack(), false);
  });
});

programTest("A consumer is used in one way, once", async () => {
  const consumer = new Consumer({ queues: "q", signal: AbortSignal.abort() });
  await consumer.run(() => {});
  await assert.rejects(consumer.run(() => {}), /in use/);
  assert.throws(() => consumer[Symbol.asyncIterator](), /handler/);
});

programTest("A consumer is made with sensible options only", () => {
  for (const queues of ["", "x".repeat(513), ["ok", ""]]) assert.throws(() => new Consumer({ queues }), RangeError);
  assert.throws(() => new Consumer({ queues: [] }), TypeError);
  assert.throws(() => new Consumer({ queues: "q", addresses: "box" }), TypeError);
  assert.throws(() => new Consumer({ queues: "q", concurrency: 0 }), RangeError);
  assert.throws(() => new Consumer({ queues: "q", leaseMs: NaN }), RangeError);
  return Promise.resolve();
});
