import type { CommandSpec } from "../../../core/command_spec.ts";
import { Dispatcher, type DispatchingClient } from "../../../core/connection/dispatcher.ts";
import { Log } from "../../../core/log.ts";
import { Metrics } from "../../../core/metrics/metrics.ts";
import type { CommandResult } from "../../../core/metrics/slow_log.ts";
import { ErrorReply, OK, type Reply } from "../../../resp/reply.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

/** A dispatcher with commands that complete when the test resolves a promise, and a clock that the test sets. */
function fixture(thresholdMs = Infinity) {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const commands: CommandSpec[] = [
    { name: "QUICK", arity: [1, 1], handle: () => OK },
    { name: "WORK", arity: [1, 1], queues: [1, 1], handle: () => promise },
    { name: "WAIT", arity: [1, 1], exclusive: true, blocks: true, handle: () => promise },
    { name: "ALONE", arity: [1, 1], exclusive: true, handle: () => promise },
  ];
  const metrics = new Metrics(commands.map(({ name }) => name));
  const recorded: CommandResult[] = [];
  const dispatcher = new Dispatcher({
    commands,
    permissionError: () => undefined,
    metrics,
    observer: { thresholdMs, record: (result) => recorded.push(result) },
    log: new Log("silent"),
  });
  const replies: Reply[] = [];
  const client = {
    lastCommandAt: 0,
    replies: {
      push: (reply: Reply) => replies.push(reply),
      reserve: () => ({}),
      fill: (_slot: unknown, reply: Reply) => replies.push(reply),
    },
    scheduler: { admits: () => scheduler.open, begun: () => {} },
  } as unknown as DispatchingClient;
  const scheduler = { open: true };
  const send = (...argv: string[]) => dispatcher.dispatch(client, argv.map(bytes), 0);
  return { client, commands, metrics, recorded, scheduler, promise, resolve, reject, replies, send };
}

Deno.test("Dispatcher finds commands in any case, and refuses a table with a duplicate name", () => {
  const { commands, metrics, replies, send } = fixture();
  send("quick", "jobs");
  send("QUICKER", "jobs");
  assert.deepEqual(replies, [OK, new ErrorReply("ERR unknown command 'QUICKER'")]);
  const twice = () =>
    new Dispatcher({
      commands: [commands[0], commands[0]],
      permissionError: () => undefined,
      metrics,
      observer: { thresholdMs: Infinity, record: () => {} },
      log: new Log("silent"),
    });
  assert.throws(twice, /QUICK stands in it twice/);
});

Deno.test("Dispatcher holds an exclusive command until the scheduler admits it", () => {
  const { scheduler, replies, send } = fixture();
  scheduler.open = false;
  assert.equal(send("WAIT", "jobs"), "held");
  assert.equal(send("QUICK", "jobs"), "begun");
  assert.deepEqual(replies, [OK]);
  scheduler.open = true;
  assert.equal(send("WAIT", "jobs"), "blocking");
  assert.equal(send("ALONE", "jobs"), "exclusive");
});

Deno.test("Dispatcher counts commands that ran, were refused, or are unknown", () => {
  const { metrics, replies, send } = fixture();
  send("QUICK", "jobs");
  send("QUICK", "jobs", "y");
  send("X", "jobs");
  assert.deepEqual(replies, [
    OK,
    new ErrorReply("ERR wrong number of arguments for 'quick' command"),
    new ErrorReply("ERR unknown command 'X'"),
  ]);
  const [quick] = metrics.commands;
  assert.deepEqual([quick.name, quick.calls, quick.rejected, quick.failed], ["quick", 1, 1, 0]);
  assert.deepEqual([metrics.unknown, metrics.total, metrics.errors], [1, 1, 2]);
});

Deno.test("Dispatcher measures the time of a command from the turn that began it to the turn that answered it", async () => {
  const { client, commands, metrics, recorded, promise, resolve, replies, send } = fixture(20);
  metrics.now = 100;
  send("WORK", "jobs");
  metrics.now = 120;
  resolve("done");
  await promise;
  assert.deepEqual(replies, ["done"]);
  assert.equal(metrics.commands[1].times.sum, 20);
  const [{ pushedMeta: _, deliveredMeta: __, ...result }, ...others] = recorded;
  const expected = { command: commands[1], client, queue: bytes("jobs"), ms: 20, failed: false };
  assert.deepEqual([result, others], [expected, []]);
});

Deno.test("Dispatcher counts a rejection, and answers it with an error", async () => {
  const { metrics, recorded, promise, reject, replies, send } = fixture();
  send("WORK", "jobs");
  reject(new Error("no"));
  await promise.catch(() => {});
  assert.deepEqual(replies, [new ErrorReply("ERR unexpected server-side error")]);
  assert.deepEqual([metrics.commands[1].calls, metrics.commands[1].failed, metrics.errors], [1, 1, 1]);
  assert.deepEqual(recorded, []);
});
