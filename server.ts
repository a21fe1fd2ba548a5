/**
 * okq, the server: its commands, how one is found and run, and the command line.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the command line speaks to people
import { auth } from "./commands/auth.ts";
import { client } from "./commands/client.ts";
import { command } from "./commands/command.ts";
import { config } from "./commands/config.ts";
import { echo } from "./commands/echo.ts";
import { hello } from "./commands/hello.ts";
import { info } from "./commands/info.ts";
import type { Command } from "./commands/shared/command.ts";
import { permissionError } from "./commands/shared/permissions.ts";
import { ping } from "./commands/ping.ts";
import { qack } from "./commands/qack.ts";
import { qclaim } from "./commands/qclaim.ts";
import { qconfig } from "./commands/qconfig.ts";
import { qflush } from "./commands/qflush.ts";
import { qget } from "./commands/qget.ts";
import { qinfo } from "./commands/qinfo.ts";
import { qlist } from "./commands/qlist.ts";
import { qlpeek } from "./commands/qlpeek.ts";
import { qlpush } from "./commands/qlpush.ts";
import { qmove } from "./commands/qmove.ts";
import { qnotify } from "./commands/qnotify.ts";
import { qnack } from "./commands/qnack.ts";
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
import { hashPassword } from "./core/auth/password_hash.ts";
import { listenLines, passwordFromStdin, startupError } from "./core/cli/startup.ts";
import { ConfigError, parseConfig } from "./core/config/flags.ts";
import { Listeners } from "./core/net/listener.ts";
import { Authenticator } from "./core/auth/authenticator.ts";
import { helpText } from "./core/cli/help.ts";
import { OkqServer } from "./core/instance.ts";
import { type Level, Log } from "./core/log.ts";
import { Metrics } from "./core/metrics/metrics.ts";
import { Tracing } from "./core/metrics/tracing.ts";
import { MIGRATE, migrateCommand } from "./migrate/migrate.ts";
import { defaultSettings, type Settings } from "./core/config/settings.ts";
import { checkSettings } from "./core/config/validate.ts";
import type { ServeOptions, Server } from "./core/api.ts";
import { type ProgramResult, STORE_CHECK, storeCommand } from "./core/cli/store_check.ts";
import { VERSION } from "./core/version.ts";
import { HttpServer } from "./http/http_server.ts";
import { openStore } from "./store/open.ts";
import type { Store, StoreOptions } from "./store/store.ts";

export type { ServeOptions, Server };

/** Every command, in the order of the documentation. COMMAND, `--help` and the tests read it; nothing else lists them. */
export const COMMANDS: readonly Command[] = [
  qlpush,
  qrpush,
  qrpop,
  qclaim,
  qlpeek,
  qrpeek,
  qack,
  qnack,
  qtouch,
  qregister,
  qnotify,
  qconfig,
  qmove,
  qpause,
  qresume,
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

/** Where the store says what happens to it. */
function logged({ logLevel }: { logLevel: Level }, log = new Log(logLevel)): Pick<StoreOptions, "report"> {
  return { report: (level, message) => log[level](message) };
}

/**
 * Serves until closed.
 *
 * ```ts
 * const server = await serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store: "sqlite::memory:" });
 * console.log(server.addr.port);
 * await server.close();
 * ```
 *
 * @throws {ConfigError} if the settings leave the door open, or contradict each other
 * @throws {StoreUnavailable} if the store cannot be reached in time
 * @throws {Error} if the address is in use, or the store's data cannot be used
 */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const settings = { ...defaultSettings(), ...options };
  checkSettings(settings);
  const log = options.log ?? new Log(settings.logLevel);
  const metrics = new Metrics(COMMANDS.map(({ name }) => name), Tracing.start());
  const store = await openStore(settings, { ...logged(settings, log), observe: metrics.countStoreCall.bind(metrics) });
  const server = await startServer(store, settings, metrics, log).catch(async (error) => {
    await store.close();
    throw error;
  });
  try {
    if (settings.httpAddr) server.attachHttp(await HttpServer.open(server.context, settings.httpAddr, settings));
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function startServer(store: Store, settings: Settings, metrics: Metrics, log: Log): Promise<OkqServer> {
  const authenticator = await Authenticator.open(settings, log);
  const listeners = await Listeners.open(settings);
  return new OkqServer({
    commands: COMMANDS,
    permissionError,
    store,
    authenticator,
    listeners,
    settings,
    metrics,
    log,
  });
}

/** What is done with stores instead of serving, as `--help` shows it. */
export const PROGRAMS: readonly { syntax: string; summary: string }[] = [STORE_CHECK, MIGRATE];

/** What is done with stores instead of serving. */
const BESIDES: Record<string, (args: string[]) => Promise<ProgramResult>> = {
  store: (args) => storeCommand(args, (settings) => openStore(settings, { ...logged(settings), readOnly: true })),
  migrate: (args) => migrateCommand(args),
};

function show({ text, ok }: ProgramResult): void {
  console.log(text);
  if (!ok) Deno.exitCode = 1;
}

/** Serves as the command line says, until SIGTERM or SIGINT; a second signal exits at once. */
async function main(args: string[]): Promise<void> {
  if (Object.hasOwn(BESIDES, args[0] ?? "")) return show(await BESIDES[args[0]](args.slice(1)));
  const config = parseConfig(args);
  if (config.help) return console.log(helpText(COMMANDS, PROGRAMS));
  if (config.version) return console.log(`okq ${VERSION}`);
  if (config.hashPassword) return console.log(await hashPassword(await passwordFromStdin()));
  const log = new Log(config.logLevel);
  const server = await serve({ ...config, log });
  for (const line of listenLines(server, config)) console.log(line);
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => reload(server, log));
  let stopping = false;
  for (const signal of signals) {
    Deno.addSignalListener(signal, () => {
      if (stopping) Deno.exit(1);
      stopping = true;
      server.close().then(() => Deno.exit(server.unfinished ? 1 : 0));
    });
  }
}

async function reload(server: Server, log: Log): Promise<void> {
  try {
    await server.reload();
    log.info("Read the files again");
  } catch (error) {
    log.error("Reading the files again failed, and all stays as it was", { error });
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
