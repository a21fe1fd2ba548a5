/**
 * When reading stops: seen through commands that are answered when the test says so.
 *
 * @module
 */
import { Authenticator } from "../../core/auth/authenticator.ts";
import type { CommandSpec } from "../../core/command.ts";
import { defaultSettings, type Settings } from "../../core/config/settings.ts";
import { OkqServer } from "../../core/instance.ts";
import { Log } from "../../core/log.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import { Listeners } from "../../core/net/listener.ts";
import { OK, type Reply } from "../../resp/reply.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { type Addr, connect } from "../support/wire.ts";

/** A server with three commands: PING is answered at once, SLOW and LARGE when they are released. */
class Slow implements AsyncDisposable {
  /** How many commands have begun that are not answered at once. */
  begun = 0;
  readonly #held: ((reply: Reply) => void)[] = [];
  #server!: OkqServer;

  static async start(options: Partial<Settings>): Promise<Slow> {
    const slow = new Slow();
    const settings = { ...defaultSettings(), listenAddr: { hostname: "127.0.0.1", port: 0 }, ...options };
    const log = new Log("silent");
    const commands = slow.#commands;
    slow.#server = new OkqServer({
      commands,
      permissionError: () => undefined,
      store: await openSqliteStore(":memory:"),
      authenticator: await Authenticator.open(settings, log),
      listeners: await Listeners.open(settings),
      settings,
      metrics: new Metrics(commands.map(({ name }) => name)),
      log,
    });
    return slow;
  }

  get addr(): Addr {
    return this.#server.addr;
  }

  /** Answers what has begun. */
  release(reply: Reply = OK): void {
    for (const answer of this.#held.splice(0)) answer(reply);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setInterval(() => this.release(), 10);
    await this.#server.close();
    clearInterval(timer);
  }

  get #commands(): CommandSpec[] {
    const wait = () => {
      this.begun++;
      return new Promise<Reply>((resolve) => this.#held.push(resolve));
    };
    return [
      { name: "PING", arity: [0, 0], handle: () => OK },
      { name: "SLOW", arity: [0, 1], handle: wait },
      { name: "LARGE", arity: [0, 1], largeReply: true, handle: wait },
    ];
  }
}

/** Resolves to how many commands have begun once no more begin. */
async function settled(slow: Slow): Promise<number> {
  for (let last = -1, since = performance.now(); performance.now() - since < 300;) {
    if (slow.begun !== last) since = performance.now();
    last = slow.begun;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return slow.begun;
}

const SIZE = 65_536;
const command = (name = "SLOW") => `*2\r\n$${name.length}\r\n${name}\r\n$${SIZE}\r\n${"x".repeat(SIZE)}\r\n`;

Deno.test("Of a connection --max-pipeline commands are worked on at once, the next when some are answered", async () => {
  await using slow = await Slow.start({ maxPipeline: 10 });
  await using client = await connect(slow.addr);
  await client.raw("SLOW\r\n".repeat(25));
  for (const begun of [10, 20, 25]) {
    assert.equal(await settled(slow), begun);
    slow.release();
  }
  for (let i = 0; i < 25; i++) assert.equal(await client.shown(), "+OK");
});

Deno.test("With --max-in-flight-bytes unanswered nothing more is read, but for a little of everyone", async () => {
  await using slow = await Slow.start({ maxInFlightBytes: 1_048_576 });
  await using client = await connect(slow.addr);
  await using other = await connect(slow.addr);
  const sending = client.raw(command().repeat(200));
  const begun = await settled(slow);
  assert.ok(begun >= 10 && begun <= 24, `${begun} of 64 KiB have begun`);
  assert.equal(await other.command("PING"), "+OK", "others are served");
  const replies = (async () => {
    for (let i = 0; i < 200; i++) assert.equal(await client.shown(), "+OK");
  })();
  await eventually(() => {
    slow.release();
    return slow.begun === 200;
  }, 20_000);
  await Promise.all([sending, replies]);
});

Deno.test("Without that bound reached all is begun", async () => {
  await using slow = await Slow.start({ maxInFlightBytes: 64 * 1_048_576 });
  await using client = await connect(slow.addr);
  const sending = client.raw(command().repeat(100));
  await eventually(() => slow.begun === 100, 20_000);
  slow.release();
  await sending;
});

Deno.test("Few commands are begun at once whose replies may be large, more when they turn out to be small", async () => {
  await using slow = await Slow.start({});
  await using client = await connect(slow.addr);
  await client.raw("LARGE\r\n".repeat(100));
  assert.equal(await settled(slow), 1);
  slow.release(new Uint8Array(2_200_000));
  assert.equal(await settled(slow), 2, "after a large one");
  slow.release("small");
  assert.equal(await settled(slow), 3);
  for (let before = 0; slow.begun < 100;) {
    assert.ok(slow.begun > before, "more each time");
    before = slow.begun;
    slow.release("small");
    await settled(slow);
  }
  slow.release("small");
  for (let i = 0; i < 100; i++) await client.reply();
});
