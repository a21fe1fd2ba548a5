/**
 * Starts servers with commands of a test's own.
 *
 * @module
 */
import { Authenticator } from "../../core/auth/authenticator.ts";
import type { CommandSpec } from "../../core/command_spec.ts";
import { defaultSettings } from "../../core/config/settings.ts";
import { OkqServer } from "../../core/instance.ts";
import { DeadLetterLog } from "../../core/dead_letter_log.ts";
import { Log } from "../../core/log.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import { Listeners } from "../../core/net/listener.ts";
import { openStore } from "../../store/open.ts";

/** Starts a server with these commands, on SQLite. Resolves with the lines of its log. */
export async function serveCommands(
  commands: CommandSpec[],
): Promise<{ server: OkqServer; lines: string[] }> {
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
