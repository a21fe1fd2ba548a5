/**
 * The okq server: the table of commands, `serve`, and the command line.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the command line writes to people
import { auth } from "./commands/auth.ts";
import { client } from "./commands/client.ts";
import { command } from "./commands/command.ts";
import { config } from "./commands/config.ts";
import { echo } from "./commands/echo.ts";
import { hello } from "./commands/hello.ts";
import { info } from "./commands/info.ts";
import { ping } from "./commands/ping.ts";
import { qack } from "./commands/qack.ts";
import { qclaim } from "./commands/qclaim.ts";
import { qconfig } from "./commands/qconfig.ts";
import { qcron } from "./commands/qcron.ts";
import { qflush } from "./commands/qflush.ts";
import { qget } from "./commands/qget.ts";
import { qinfo } from "./commands/qinfo.ts";
import { qlist } from "./commands/qlist.ts";
import { qlpeek } from "./commands/qlpeek.ts";
import { qlpush } from "./commands/qlpush.ts";
import { qmack } from "./commands/qmack.ts";
import { qmove } from "./commands/qmove.ts";
import { qmpush } from "./commands/qmpush.ts";
import { qnack } from "./commands/qnack.ts";
import { qnotify } from "./commands/qnotify.ts";
import { qpause } from "./commands/qpause.ts";
import { qregister } from "./commands/qregister.ts";
import { qresume } from "./commands/qresume.ts";
import { qrpeek } from "./commands/qrpeek.ts";
import { qrpop } from "./commands/qrpop.ts";
import { qrpush } from "./commands/qrpush.ts";
import { qstats } from "./commands/qstats.ts";
import { qstatus } from "./commands/qstatus.ts";
import { qtouch } from "./commands/qtouch.ts";
import { quit } from "./commands/quit.ts";
import { readonly } from "./commands/readonly.ts";
import { reset } from "./commands/reset.ts";
import { select } from "./commands/select.ts";
import type { Command } from "./commands/shared/command.ts";
import { permissionError } from "./commands/shared/permissions.ts";
import type { ServeOptions, Server } from "./core/api.ts";
import { Authenticator } from "./core/auth/authenticator.ts";
import { hashPassword } from "./core/auth/password_hash.ts";
import { helpText } from "./core/cli/help.ts";
import { listenLines, passwordFromStdin, startFields, startupError } from "./core/cli/startup.ts";
import { type ProgramResult, STORE_BACKUP, STORE_CHECK, storeCommand } from "./core/cli/store_command.ts";
import { ConfigError, environmentUse, parseConfig } from "./core/config/flags.ts";
import type { Settings } from "./core/config/settings.ts";
import { checkSettings, completeSettings } from "./core/config/validate.ts";
import { DeadLetterLog } from "./core/dead_letter_log.ts";
import { OkqServer, type OkqServerOptions } from "./core/instance.ts";
import { Log, type LogFields } from "./core/log.ts";
import { Metrics } from "./core/metrics/metrics.ts";
import { Tracing } from "./core/metrics/tracing.ts";
import { Listeners } from "./core/net/listener.ts";
import { VERSION } from "./core/version.ts";
import { HttpServer } from "./http/http_server.ts";
import { DUMP, dumpCommand, LOAD, loadCommand } from "./migrate/dump.ts";
import { MIGRATE, migrateCommand } from "./migrate/migrate.ts";
import { backupStore, openStore } from "./store/open.ts";
import type { StoreOptions } from "./store/store.ts";

export type { ServeOptions, Server };

/** All commands, in the order of docs/commands.md. Dispatch, COMMAND, `--help` and the tests read this table. */
export const COMMANDS: readonly Command[] = [
  qlpush,
  qrpush,
  qmpush,
  qrpop,
  qclaim,
  qlpeek,
  qrpeek,
  qack,
  qmack,
  qnack,
  qtouch,
  qregister,
  qnotify,
  qconfig,
  qmove,
  qpause,
  qresume,
  qcron,
  qflush,
  qstatus,
  qinfo,
  qstats,
  qlist,
  qget,
  ping,
  echo,
  hello,
  auth,
  client,
  select,
  info,
  command(() => COMMANDS),
  config,
  readonly,
  reset,
  quit,
];

/**
 * Starts a server.
 *
 * ```ts
 * const server = await serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store: "sqlite::memory:" });
 * console.log(server.addr.port);
 * await server.close();
 * ```
 *
 * @throws {TypeError} if a setting does not exist or has a value of the wrong type
 * @throws {RangeError} if a value is out of the bounds that the option of the command line has
 * @throws {ConfigError} if the settings are insecure or contradict each other
 * @throws {StoreUnavailable} if the store cannot be reached in time
 * @throws {Error} if the address is in use, or the store's data cannot be used
 */
export function serve({ log, ...given }: ServeOptions = {}): Promise<Server> {
  return start(given, log);
}

/** @param about further fields of the log's first line */
async function start(given: Partial<Settings>, ownLog: Log | undefined, about: LogFields = {}): Promise<Server> {
  const settings = completeSettings(given);
  checkSettings(settings);
  const log = ownLog ?? newLog(settings);
  const deadLetterLog = new DeadLetterLog(log);
  const metrics = new Metrics(COMMANDS.map(({ name }) => name), Tracing.start());
  const store = await openStore(settings, {
    report: reportTo(log),
    observe: metrics.countStoreCall.bind(metrics),
    onDead: deadLetterLog.count.bind(deadLetterLog),
  });
  const server = await startServer({ store, settings, metrics, log, deadLetterLog }).catch(async (error) => {
    await store.close();
    throw error;
  });
  try {
    if (settings.httpAddr) server.attachHttp(await HttpServer.open(server.context, settings.httpAddr, settings));
    const facts = { durability: store.durability, users: server.context.authenticator.users };
    log.info("Started", { ...startFields(server, settings, facts), ...about });
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

type Parts = Pick<OkqServerOptions, "store" | "settings" | "metrics" | "log" | "deadLetterLog">;

async function startServer(parts: Parts): Promise<OkqServer> {
  const authenticator = await Authenticator.open(parts.settings, parts.log);
  const listeners = await Listeners.open(parts.settings);
  return new OkqServer({ commands: COMMANDS, permissionError, authenticator, listeners, ...parts });
}

function newLog({ logLevel, logFormat }: Pick<Settings, "logLevel" | "logFormat">): Log {
  return new Log(logLevel, undefined, logFormat);
}

/** Has the store log what happens to it. */
function reportTo(log: Log): StoreOptions["report"] {
  return (level, message) => log[level](message);
}

/** What this program does instead of serving, by its first argument. */
export const PROGRAMS = {
  store: {
    usage: [STORE_CHECK, STORE_BACKUP],
    run: (args: string[]) =>
      storeCommand(args, (settings) => {
        return openStore(settings, { report: reportTo(newLog(settings)), readOnly: true });
      }, backupStore),
  },
  migrate: { usage: [MIGRATE], run: (args: string[]) => migrateCommand(args) },
  dump: { usage: [DUMP], run: (args: string[]) => dumpCommand(args) },
  load: { usage: [LOAD], run: (args: string[]) => loadCommand(args) },
};

/** Runs a program, or serves until SIGTERM or SIGINT. */
async function main(args: string[]): Promise<void> {
  const [name = "", ...rest] = args;
  const isProgram = Object.hasOwn(PROGRAMS, name);
  if (name === "help" || (isProgram && rest.some((arg) => arg === "--help" || arg === "-h"))) return showHelp();
  if (isProgram) return show(await PROGRAMS[name as keyof typeof PROGRAMS].run(rest));
  const { help, version, hashPassword: hashes, ...settings } = parseConfig(args);
  if (help) return showHelp();
  if (version) return console.log(`okq ${VERSION}`);
  if (hashes) return console.log(await hashPassword(await passwordFromStdin()));
  const log = newLog(settings);
  const server = await start(settings, log, { environment: environmentUse() }).catch((error) => {
    if (settings.logFormat === "text" || error instanceof ConfigError) throw error;
    log.error("Cannot start", { reason: startupError(error) });
    Deno.exit(1);
  });
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => reload(server, log));
  stopOnSignal(server);
  for (const line of listenLines(server, settings)) console.log(line);
}

/** A terminal and `deno task` both send the SIGINT of one Ctrl-C: signals within this time are one. */
const ONE_SIGNAL_MS = 1000;

/** Stops in order on the first signal, and exits at once on a second one. */
function stopOnSignal(server: Server): void {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  let stoppedAt: number | undefined;
  const stop = () => {
    if (stoppedAt !== undefined && performance.now() - stoppedAt > ONE_SIGNAL_MS) Deno.exit(1);
    if (stoppedAt !== undefined) return;
    stoppedAt = performance.now();
    server.close().then(() => Deno.exit(server.unfinished ? 1 : 0));
  };
  for (const signal of signals) Deno.addSignalListener(signal, stop);
}

function show({ text, ok }: ProgramResult): void {
  if (text !== "") console.log(text);
  if (!ok) Deno.exitCode = 1;
}

function showHelp(): void {
  console.log(helpText(COMMANDS, Object.values(PROGRAMS).flatMap(({ usage }) => usage)));
}

async function reload(server: Server, log: Log): Promise<void> {
  try {
    await server.reload();
    log.info("Reloaded passwords, users and certificates");
  } catch (error) {
    log.error("Cannot reload; passwords, users and certificates stay as they were", { error });
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error(`okq: ${startupError(error)}`);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
}
