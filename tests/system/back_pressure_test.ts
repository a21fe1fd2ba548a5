/**
 * Tests of when a server stops reading from a connection, with commands that complete when the test releases them.
 *
 * @module
 */
import { Authenticator } from "../../core/auth/authenticator.ts";
import type { CommandSpec } from "../../core/command_spec.ts";
import { defaultSettings, type Settings } from "../../core/config/settings.ts";
import { OkqServer } from "../../core/instance.ts";
import { DeadLetterLog } from "../../core/dead_letter_log.ts";
import { Log } from "../../core/log.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import { Listeners } from "../../core/net/listener.ts";
import { OK, type Reply } from "../../resp/reply.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite_store.ts";
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { type Addr, connect } from "../support/wire.ts";

/** Time without a new command after which a server is taken to have stopped reading, in milliseconds. */
const QUIET_MS = 300;

/** A server with three commands: PING completes at once, SLOW and LARGE when they are released. */
class SlowServer implements AsyncDisposable {
  /** Number of SLOW and LARGE commands that have begun. */
  begun = 0;
  readonly #pending: ((reply: Reply) => void)[] = [];
  #server!: OkqServer;

  static async start(options: Partial<Settings>): Promise<SlowServer> {
    const slow = new SlowServer();
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
      deadLetterLog: new DeadLetterLog(log),
    });
    return slow;
  }

  get addr(): Addr {
    return this.#server.addr;
  }

  /** Completes all commands that have begun. */
  release(reply: Reply = OK): void {
    for (const complete of this.#pending.splice(0)) complete(reply);
  }

  /**
   * Waits until at least `count` commands have begun, and then for a while without another one.
   * @returns the number of commands that have begun
   */
  async settled(count: number): Promise<number> {
    await eventually(() => this.begun >= count);
    for (let last = -1, since = 0; performance.now() - since < QUIET_MS;) {
      if (this.begun !== last) since = performance.now();
      last = this.begun;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setInterval(() => this.release(), 10);
    await this.#server.close();
    clearInterval(timer);
  }

  get #commands(): CommandSpec[] {
    const wait = () => {
      this.begun++;
      return new Promise<Reply>((resolve) => this.#pending.push(resolve));
    };
    return [
      { name: "PING", arity: [0, 0], handle: () => OK },
      { name: "SLOW", arity: [0, 1], handle: wait },
      { name: "LARGE", arity: [0, 1], largeReply: true, handle: wait },
    ];
  }
}

const SIZE = 65_536;
const command = (name = "SLOW") => `*2\r\n$${name.length}\r\n${name}\r\n$${SIZE}\r\n${"x".repeat(SIZE)}\r\n`;

Deno.test("At most --max-pipeline commands of a connection run at once, and the next begin when some complete", async () => {
  await using slow = await SlowServer.start({ maxPipeline: 10 });
  await using client = await connect(slow.addr);
  await client.raw("SLOW\r\n".repeat(25));
  for (const begun of [10, 20, 25]) {
    assert.equal(await slow.settled(begun), begun);
    slow.release();
  }
  for (let i = 0; i < 25; i++) assert.equal(await client.shown(), "+OK");
});

Deno.test("Beyond --max-in-flight-bytes only the free share of each connection is read", async () => {
  await using slow = await SlowServer.start({ maxInFlightBytes: 1_048_576 });
  await using client = await connect(slow.addr);
  await using other = await connect(slow.addr);
  const sending = client.raw(command().repeat(200));
  const begun = await slow.settled(10);
  assert.ok(begun >= 10 && begun <= 24, `${begun} commands of 64 KiB have begun`);
  assert.equal(await other.command("PING"), "+OK", "others are served");
  const replies = (async () => {
    for (let i = 0; i < 200; i++) assert.equal(await client.shown(), "+OK");
  })();
  await eventually(() => {
    slow.release();
    return slow.begun === 200;
  });
  await Promise.all([sending, replies]);
});

Deno.test("Below --max-in-flight-bytes all commands begin", async () => {
  await using slow = await SlowServer.start({ maxInFlightBytes: 64 * 1_048_576 });
  await using client = await connect(slow.addr);
  const sending = client.raw(command().repeat(100));
  await eventually(() => slow.begun === 100);
  slow.release();
  await sending;
});

Deno.test("Few commands with possibly large replies begin at once, and more after replies were small", async () => {
  await using slow = await SlowServer.start({});
  await using client = await connect(slow.addr);
  await client.raw("LARGE\r\n".repeat(100));
  assert.equal(await slow.settled(1), 1);
  slow.release(new Uint8Array(2_200_000));
  assert.equal(await slow.settled(2), 2, "after a large reply");
  slow.release("small");
  assert.equal(await slow.settled(3), 3);
  while (slow.begun < 100) {
    const before = slow.begun;
    slow.release("small");
    await eventually(() => slow.begun > before);
  }
  slow.release("small");
  for (let i = 0; i < 100; i++) await client.reply();
});
