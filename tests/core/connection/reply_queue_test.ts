import { Authenticator } from "../../../core/auth/authenticator.ts";
import type { CommandSpec } from "../../../core/command_spec.ts";
import { defaultSettings } from "../../../core/config/settings.ts";
import { OkqServer } from "../../../core/instance.ts";
import { DeadLetterLog } from "../../../core/dead_letter_log.ts";
import { Log } from "../../../core/log.ts";
import { Metrics } from "../../../core/metrics/metrics.ts";
import { Listeners } from "../../../core/net/listener.ts";
import type { Reply } from "../../../resp/reply.ts";
import { openStore } from "../../../store/open.ts";
import { assert } from "../../deps.ts";
import { programTest } from "../../support/programs.ts";
import { connect } from "../../support/wire.ts";

const UNEXPECTED = "-ERR unexpected server-side error";

/** Starts a server with these commands. Resolves with the lines of its log. */
async function serveCommands(commands: CommandSpec[]): Promise<{ server: OkqServer; lines: string[] }> {
  const settings = { ...defaultSettings(), listenAddr: { hostname: "127.0.0.1", port: 0 }, store: "sqlite::memory:" };
  const lines: string[] = [];
  const log = new Log("warn", (line) => lines.push(line));
  const server = new OkqServer({
    commands,
    permissionError: () => undefined,
    store: await openStore(settings, { report: () => {} }),
    authenticator: await Authenticator.open(settings, log),
    listeners: await Listeners.open(settings),
    settings,
    metrics: new Metrics(commands.map(({ name }) => name)),
    log,
    deadLetterLog: new DeadLetterLog(log),
  });
  return { server, lines };
}

programTest("A reply that cannot be encoded is an error, is logged, and affects no other reply", async () => {
  const bad: Reply = ["a part that can be encoded", NaN];
  const { server, lines } = await serveCommands([
    { name: "GOOD", arity: [0, 0], handle: () => "good" },
    { name: "BAD", arity: [0, 0], handle: () => bad },
    { name: "LATE", arity: [0, 0], handle: () => new Promise((resolve) => setTimeout(() => resolve(bad))) },
  ]);
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using client = await connect(server.addr);
  for (const name of ["GOOD", "BAD", "GOOD", "LATE", "GOOD", "BAD", "GOOD"]) await client.send(name);
  for (const reply of ["good", UNEXPECTED, "good", UNEXPECTED, "good", UNEXPECTED, "good"]) {
    assert.equal(await client.shown(), reply);
  }
  assert.equal(lines.filter((line) => /error Cannot encode a reply .*NaN is not an integer/.test(line)).length, 3);
});

programTest("A bug in dispatch is an error that closes its connection, and is logged", async () => {
  const exclusive = () => {
    throw new TypeError("a bug");
  };
  const { server, lines } = await serveCommands([{ name: "BAD", arity: [0, 0], exclusive, handle: () => "good" }]);
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using client = await connect(server.addr);
  await client.send("PING");
  await client.send("BAD");
  await client.send("PING");
  assert.equal(await client.closed(), `-ERR unknown command 'PING'\r\n${UNEXPECTED}\r\n`);
  assert.match(lines.join(""), /error Connection failed unexpectedly addr=\S+ error="TypeError: a bug/);
});
