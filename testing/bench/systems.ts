/**
 * What is measured, and how each is asked for the same work.
 *
 * @module
 */
import { connect } from "../../tests/support/wire.ts";
import { type RedisOptions, type RedisServer, startRedis } from "../../tests/support/redis_server.ts";
import { onExit } from "../../tests/support/on_exit.ts";
import { contentsOf, ID, respStep, type Step } from "./load/step.ts";
import { type OkqProcess, startOkq } from "./okq.ts";
import { idle } from "../proc.ts";

/** The commands of a queue, as steps of a load. */
export interface Steps {
  /** Pushes the next id of the sequence. */
  push: Step;
  /** Pops, with a lease that does not end during the measurement. */
  pop: Step;
  /** Pops for good. */
  take: Step;
  /** Acknowledges the next id of the sequence. */
  ack: Step;
  /** Acknowledges what this connection popped. */
  ackPopped: Step;
}

/** A queue server under test. */
export interface System {
  /** "direct", "okq" or "okq sqlite". */
  name: string;
  /** Where it listens, on the loopback interface. */
  port: number;
  /** How the queue of this name is asked for work with contents of so many bytes. */
  steps(queue: string, bytes: number): Steps;
  /** Whether it answers PING with PONG, as all do that speak RESP. */
  ping: Step;
}

const LEASE_SECONDS = 3600;
/** Lines of `[id, contents]`, and where the id stands in them. */
const POPPED_LINES = 5;
const POPPED = { line: 2, from: 0 };

/** PING. */
export const PING: Step = respStep(["PING"], "none", 1, "+PONG");

/** okq's commands. */
export function okqSteps(queue: string, bytes: number): Steps {
  const pop = (...options: string[]) => ({
    ...respStep(["QRPOP", queue, ...options], "none", POPPED_LINES, "*2"),
    popped: POPPED,
  });
  return {
    push: respStep(["QLPUSH", queue, ID, contentsOf(bytes)], "sequence", 1, "+OK"),
    pop: pop("EX", `${LEASE_SECONDS}`),
    take: pop("NOACK"),
    ack: respStep(["QACK", queue, ID], "sequence", 1, ":1"),
    ackPopped: respStep(["QACK", queue, ID], "popped", 1, ":1"),
  };
}

/** An okq that runs. */
export const okqSystem = (name: string, okq: OkqProcess): System => ({
  name,
  port: okq.port,
  steps: okqSteps,
  ping: PING,
});

/** The same work without okq: a script call for each event, on Redis itself. */
export async function directSystem(redis: RedisServer): Promise<System> {
  await using wire = await connect({ hostname: "127.0.0.1", port: redis.port });
  const load = async (file: string) =>
    `${await wire.command("SCRIPT", "LOAD", await Deno.readTextFile(new URL(`direct/${file}`, import.meta.url)))}`;
  const [push, pop, take, ack] = await Promise.all(["push.lua", "pop.lua", "take.lua", "ack.lua"].map(load));
  return {
    name: "direct",
    port: redis.port,
    ping: PING,
    steps(queue, bytes) {
      const [ready, events, leases, timers, active] = ["ready", "events", "leases", "timers", "active"]
        .map((kind) => `direct:${kind}:${queue}`);
      const call = (
        script: string,
        keys: string[],
        ...args: string[]
      ) => ["EVALSHA", script, `${keys.length}`, ...keys, ...args];
      const acked = call(ack, [ready, events, leases, timers, active], ID);
      const popped = call(pop, [ready, events, leases, timers], `${LEASE_SECONDS * 1000}`);
      return {
        push: respStep(call(push, [ready, events, active, ready], ID, contentsOf(bytes)), "sequence", 1, ":1"),
        pop: { ...respStep(popped, "none", POPPED_LINES, "*2"), popped: POPPED },
        take: { ...respStep(call(take, [ready, events, active]), "none", POPPED_LINES, "*2"), popped: POPPED },
        ack: respStep(acked, "sequence", 1, ":1"),
        ackPopped: respStep(acked, "popped", 1, ":1"),
      };
    },
  };
}

/** A Redis, an okq on it, an okq on a file, and the direct scripts. */
export interface Bench extends AsyncDisposable {
  /** The Redis that all share. */
  redis: RedisServer;
  /** The script calls on it. */
  direct: System;
  /** okq on it. */
  okq: System & { pid: number };
  /** okq on an SQLite file. */
  sqlite: System & { pid: number };
  /** The folder of that file. */
  folder: string;
  /** Empties Redis, and this queue of the file, and waits until that is over. */
  clear(queue: string): Promise<void>;
  /** One command to Redis, the reply as text. */
  ask(...command: string[]): Promise<string>;
}

/** A Redis that ends with the stack and, if that comes first, with this process. */
export async function startRedisFor(stack: AsyncDisposableStack, options?: RedisOptions): Promise<RedisServer> {
  const redis = stack.use(await startRedis(options));
  stack.defer(onExit(() => redis.killNow()));
  return redis;
}

/** A folder for the embedded store, which is removed likewise. */
export async function makeFolderFor(stack: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "okq_bench_" });
  const remove = () => Deno.removeSync(folder, { recursive: true });
  const forget = onExit(remove);
  stack.defer(() => (forget(), remove()));
  return folder;
}

/**
 * Starts everything that most measures need.
 * @param httpPorts where each okq listens for HTTP, if it shall
 */
export async function startBench(httpPorts?: { okq: number; sqlite: number }): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const redis = await startRedisFor(stack);
  const folder = await makeFolderFor(stack);
  const http = (port?: number) => port ? ["--http-addr", `127.0.0.1:${port}`] : [];
  const okq = stack.use(await startOkq(["--store", redis.url, ...http(httpPorts?.okq)]));
  const sqlite = stack.use(await startOkq(["--store", `sqlite:${folder}/okq.db`, ...http(httpPorts?.sqlite)]));
  const wire = stack.use(await connect({ hostname: "127.0.0.1", port: redis.port }));
  const layout = `${await wire.command("GET", "okq:layout")}`;
  return {
    redis,
    folder,
    direct: await directSystem(redis),
    okq: { ...okqSystem("okq", okq), pid: okq.pid },
    sqlite: { ...okqSystem("okq sqlite", sqlite), pid: sqlite.pid },
    async clear(queue) {
      await wire.command("FLUSHDB");
      await wire.command("SET", "okq:layout", layout);
      await using okqOnFile = await connect({ hostname: "127.0.0.1", port: sqlite.port });
      await okqOnFile.command("QFLUSH", queue);
      await idle(sqlite.pid);
    },
    ask: async (...command) => `${await wire.command(...command)}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
