/**
 * okq, the server: its commands, how one is found and run, and the command line.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the command line speaks to people
import { showProgress } from "./client/cli/progress.ts";
import { MAX_ID_BYTES, MAX_QUEUE_BYTES, word } from "./commands/arguments.ts";
import { auth } from "./commands/auth.ts";
import { client } from "./commands/client.ts";
import { type Command, command, CommandError } from "./commands/command.ts";
import { config } from "./commands/config.ts";
import { echo } from "./commands/echo.ts";
import { hello } from "./commands/hello.ts";
import { info } from "./commands/info.ts";
import { refusal } from "./commands/permission.ts";
import { ping } from "./commands/ping.ts";
import { qack } from "./commands/qack.ts";
import { qclaim } from "./commands/qclaim.ts";
import { qflush } from "./commands/qflush.ts";
import { qinfo } from "./commands/qinfo.ts";
import { qlpeek } from "./commands/qlpeek.ts";
import { qlpush } from "./commands/qlpush.ts";
import { qnotify } from "./commands/qnotify.ts";
import { qnack } from "./commands/qnack.ts";
import { qregister } from "./commands/qregister.ts";
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
import { hashPassword } from "./core/access/secret.ts";
import { ConfigError, parseConfig } from "./core/config.ts";
import { Door } from "./core/door.ts";
import { helpText } from "./core/help.ts";
import { Instance } from "./core/instance.ts";
import { describeError, Log } from "./core/log.ts";
import { migrateCommand } from "./core/migrate_command.ts";
import { defaultSettings, type Settings } from "./core/options.ts";
import type { Router } from "./core/router.ts";
import { checkSettings } from "./core/protection.ts";
import type { ServeOptions, Server } from "./core/serving.ts";
import { type Finding, storeCommand } from "./core/store_command.ts";
import { VERSION } from "./core/version.ts";
import { printable } from "./resp/printable.ts";
import { ErrorReply } from "./resp/reply.ts";
import { Recent } from "./store/bytes.ts";
import { openGoOkq } from "./store/redis/go_okq.ts";
import { openRedisStore } from "./store/redis/redis_store.ts";
import { openSqliteStore } from "./store/sqlite/sqlite_store.ts";
import { type Store, type StoreOptions, StoreUnavailable } from "./store/store.ts";

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
  qflush,
  qstatus,
  qinfo,
  qstats,
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

const byName = new Map<string, Command>();
for (const row of COMMANDS) {
  if (byName.has(row.name)) throw new Error(`Cannot build the command table: ${row.name} stands in it twice`);
  byName.set(row.name, row);
}

/**
 * Finds a command in the table, checks how many arguments it was given and whether the user may run it, and makes a reply of
 * whatever it throws.
 */
function routerFor(log: Log): Router<Command> {
  const rows = new Recent((name) => byName.get(word(name)));
  return {
    find: (name) => rows.get(name),
    run(row, client, argv, oversized) {
      if (!row) return new ErrorReply(`ERR unknown command '${printable(argv[0])}'`);
      client.lastCommand = row.name;
      const given = argv.length - 1;
      if (given < row.arity[0] || given > row.arity[1]) {
        return new ErrorReply(`ERR wrong number of arguments for '${row.name.toLowerCase()}' command`);
      }
      const refused = refusal(row, client.user, argv);
      if (refused) return refused;
      if (oversized > 0) {
        return new ErrorReply(
          `ERR argument of ${oversized} bytes is too long: at most ${client.okq.maxEventBytes} bytes are allowed`,
        );
      }
      try {
        return row.handle(client, argv);
      } catch (error) {
        return this.failed(error);
      }
    },
    failed(error) {
      if (error instanceof CommandError) return new ErrorReply(error.message);
      if (error instanceof StoreUnavailable) return new ErrorReply(`UNAVAILABLE ${error.message}`);
      log.error("A command failed unexpectedly", { error });
      return new ErrorReply("ERR unexpected server-side error");
    },
  };
}

function storeOptions({ storeTimeoutMs: timeoutMs }: Settings, log: Log): StoreOptions {
  return { timeoutMs, report: (level, message) => log[level](message) };
}

/** Opens the store that the settings name; with `readOnly` one that is there, to look at. */
async function openStore(settings: Settings, log: Log, readOnly = false): Promise<Store> {
  const { store, storeTimeoutMs: timeoutMs, storeWaitReplicas: replicas, storeWaitTimeoutMs } = settings;
  if (replicas > 0 && storeWaitTimeoutMs >= timeoutMs) {
    throw new Error("Cannot use these settings: --store-wait-timeout must be below --store-timeout");
  }
  const options = { ...storeOptions(settings, log), readOnly };
  if (store.startsWith("sqlite:")) return await openSqliteStore(store.slice("sqlite:".length), options);
  return await openRedisStore(store, options, { replicas, timeoutMs: storeWaitTimeoutMs });
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
  const store = await openStore(settings, log);
  try {
    return new Instance(store, await Door.open(settings, log), settings, routerFor(log), log);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What is done with stores instead of serving. */
const BESIDES: Record<string, (args: string[]) => Promise<Finding>> = {
  store: (args) => storeCommand(args, (settings) => openStore(settings, new Log(settings.logLevel), true)),
  migrate: (args) =>
    migrateCommand(args, {
      openStore: (settings) => openStore(settings, new Log(settings.logLevel)),
      openFormer: (url, settings) => openGoOkq(url, storeOptions(settings, new Log(settings.logLevel))),
      showProgress,
      options: { maxQueueBytes: MAX_QUEUE_BYTES, maxIdBytes: MAX_ID_BYTES },
    }),
};

function show({ text, sound }: Finding): void {
  console.log(text);
  if (!sound) Deno.exitCode = 1;
}

/** Serves as the command line says, until SIGTERM or SIGINT; a second signal exits at once. */
async function main(args: string[]): Promise<void> {
  if (Object.hasOwn(BESIDES, args[0] ?? "")) return show(await BESIDES[args[0]](args.slice(1)));
  const config = parseConfig(args);
  if (config.help) return console.log(helpText(COMMANDS));
  if (config.version) return console.log(`okq ${VERSION}`);
  if (config.hashPassword) return console.log(await hashPassword(await passwordFromStdin()));
  const log = new Log(config.logLevel);
  const server = await serve({ ...config, log });
  const { addr, tlsAddr } = server;
  if (config.listenAddr) console.log(`listening on ${addr.hostname}:${addr.port}`);
  if (tlsAddr) console.log(`listening on ${tlsAddr.hostname}:${tlsAddr.port} with TLS`);
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

/** The first line of standard input. */
async function passwordFromStdin(): Promise<Uint8Array> {
  const [line] = (await new Response(Deno.stdin.readable).text()).split(/\r?\n/);
  if (line === "") throw new Error("Cannot make a hash: write the password to standard input, on one line");
  return new TextEncoder().encode(line);
}

/** Why the server cannot start, in one line that says what to do. */
function explain(error: unknown): string {
  if (error instanceof StoreUnavailable) {
    return `${error.reason}; start Redis there, or keep events in a file with --store sqlite:okq.db`;
  }
  return error instanceof Error ? error.message : describeError(error);
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error(`okq: ${explain(error)}`);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
}
