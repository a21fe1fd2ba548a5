import type { ClientContext } from "../../../core/client_context.ts";
import { Metrics } from "../../../core/metrics/metrics.ts";
import type { CommandResult } from "../../../core/metrics/slow_log.ts";
import type { ReplyQueue } from "../../../core/connection/reply_queue.ts";
import type { Route, Router } from "../../../core/connection/router.ts";
import { Dispatcher } from "../../../core/connection/dispatcher.ts";
import { ErrorReply, OK, type Reply } from "../../../resp/reply.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

const ROUTES: Route[] = [{ name: "QUICK", index: 0 }, { name: "WORK", index: 1, startsWithQueue: true }];

/** A runner whose WORK is done when the test says so, and the time of which the test sets. */
function fixture(fromMs = Infinity) {
  const meters = new Metrics(["QUICK", "WORK"]);
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const noted: CommandResult[] = [];
  const router: Router = {
    find: () => undefined,
    refusal: (route, _client, argv) => !route || argv.length > 2 ? new ErrorReply("ERR refused") : undefined,
    run: (route) => route.name === "WORK" ? promise : OK,
    failed: () => new ErrorReply("ERR failed"),
  };
  const runner = new Dispatcher(router, meters, { thresholdMs: fromMs, record: (one) => noted.push(one) });
  return { meters, runner, noted, resolve, reject };
}

/** The reply that is put in its place. */
function answerOf(finish: (line: ReplyQueue) => void): Promise<Reply> {
  return new Promise((resolve) => {
    finish({ reserve: () => ({}), fill: (_place: unknown, reply: Reply) => resolve(reply) } as unknown as ReplyQueue);
  });
}

const client = { lastCommandAt: 0 } as ClientContext;
const argv = [bytes("X"), bytes("jobs")];

Deno.test("A runner counts what ran, what was refused, and what there is not", () => {
  const { meters, runner } = fixture();
  assert.equal(runner.begin(ROUTES[0], client, argv, 0), OK);
  assert.deepEqual(runner.begin(ROUTES[0], client, [...argv, bytes("y")], 0), new ErrorReply("ERR refused"));
  assert.deepEqual(runner.begin(undefined, client, argv, 0), new ErrorReply("ERR refused"));
  const [quick] = meters.commands;
  assert.deepEqual([quick.name, quick.calls, quick.rejected, quick.failed], ["quick", 1, 1, 0]);
  assert.deepEqual([meters.unknown, meters.total, meters.errors], [1, 1, 2]);
});

Deno.test("A runner times a command from the turn it began in to the turn it was answered in", async () => {
  const { meters, runner, noted, resolve } = fixture(20);
  meters.now = 100;
  const result = runner.begin(ROUTES[1], client, argv, 0);
  assert.ok(result instanceof Promise);
  const answered = answerOf((line) => runner.finish(result, ROUTES[1], client, argv, line));
  meters.now = 120;
  resolve("done");
  assert.equal(await answered, "done");
  assert.equal(meters.commands[1].times.sum, 20);
  assert.deepEqual(noted, [{ route: ROUTES[1], client, queue: argv[1], ms: 20, failed: false }]);
});

Deno.test("A runner counts an error that comes late, and says it", async () => {
  const { meters, runner, noted, reject } = fixture();
  const result = runner.begin(ROUTES[1], client, argv, 0);
  assert.ok(result instanceof Promise);
  const answered = answerOf((line) => runner.finish(result, ROUTES[1], client, argv, line));
  reject(new Error("no"));
  assert.deepEqual(await answered, new ErrorReply("ERR failed"));
  assert.deepEqual([meters.commands[1].calls, meters.commands[1].failed, meters.errors], [1, 1, 1]);
  assert.deepEqual(noted, []);
});
