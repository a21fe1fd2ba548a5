/**
 * The servers that are compared, and how each is asked for the same work.
 *
 * @module
 */
import type { RedisOptions, RedisServer } from "../../tests/support/redis_server.ts";
import { connect } from "../../tests/support/wire.ts";
import { type OkqProcess, startOkq } from "../okq_process.ts";
import { idle } from "../proc.ts";
import { makeFolder, makeRedis, STORE_PERMISSIONS } from "../stores.ts";
import { contentsOf, ID, respStep, type Step } from "./load/step.ts";

export interface Steps {
  /** Pushes the next id of the sequence. */
  push: Step;
  /** Pops with a lease that outlasts the measurement. */
  pop: Step;
  /** Pops without a lease. */
  take: Step;
  /** Acknowledges the next id of the sequence. */
  ack: Step;
  /** Acknowledges what this connection popped. */
  ackPopped: Step;
}

export interface System {
  /** "direct", "okq" or "okq sqlite". */
  name: string;
  port: number;
  /** The commands for a queue, with contents of this size. */
  steps(queue: string, bytes: number): Steps;
}

/** A system without a pop that takes no lease. */
export interface CycleSystem extends Omit<System, "steps"> {
  steps(queue: string, bytes: number): Omit<Steps, "take">;
}

const LEASE_SECONDS = 3600;
/** Lines of the reply `[id, contents]`, and where the id is. */
const POPPED_LINES = 5;
const POPPED = { line: 2, from: 0 };

/** PING, which okq and Redis answer alike. */
export const PING: Step = respStep(["PING"], "none", 1, "+PONG");

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

/** Starts okq for a measurement. @param root the checkout; this one by default */
export function startQuietOkq(store: string, args: string[] = [], root?: URL): Promise<OkqProcess> {
  const permissions = [...STORE_PERMISSIONS];
  return startOkq({ store, permissions, args: ["--log-level", "error", ...args], root });
}

/** Resolves to the hashes of these files in `direct/`, which Redis then runs. */
async function loadScripts({ port }: RedisServer, ...files: string[]): Promise<string[]> {
  await using wire = await connect({ hostname: "127.0.0.1", port });
  return await Promise.all(files.map(async (file) => {
    const script = await Deno.readTextFile(new URL(`direct/${file}`, import.meta.url));
    return `${await wire.command("SCRIPT", "LOAD", script)}`;
  }));
}

function callOf(script: string, keys: string[], ...args: string[]): string[] {
  return ["EVALSHA", script, `${keys.length}`, ...keys, ...args];
}

/** The same work without okq: a script call for each event. */
async function directSystem(redis: RedisServer): Promise<System> {
  const [push, pop, take, ack] = await loadScripts(redis, "push.lua", "pop.lua", "take.lua", "ack.lua");
  return {
    name: "direct",
    port: redis.port,
    steps(queue, bytes) {
      const [ready, events, leases, timers, active] = ["ready", "events", "leases", "timers", "active"]
        .map((kind) => `direct:${kind}:${queue}`);
      const acked = callOf(ack, [ready, events, leases, timers, active], ID);
      const popped = callOf(pop, [ready, events, leases, timers], `${LEASE_SECONDS * 1000}`);
      return {
        push: respStep(callOf(push, [ready, events, active, ready], ID, contentsOf(bytes)), "sequence", 1, ":1"),
        pop: { ...respStep(popped, "none", POPPED_LINES, "*2"), popped: POPPED },
        take: { ...respStep(callOf(take, [ready, events, active]), "none", POPPED_LINES, "*2"), popped: POPPED },
        ack: respStep(acked, "sequence", 1, ":1"),
        ackPopped: respStep(acked, "popped", 1, ":1"),
      };
    },
  };
}

/** The least work that makes a queue with leases; okq does more for an event. */
export async function minimalSystem(redis: RedisServer): Promise<CycleSystem> {
  const [push, pop, ack] = await loadScripts(redis, "minimal_push.lua", "minimal_pop.lua", "minimal_ack.lua");
  return {
    name: "minimal",
    port: redis.port,
    steps(queue, bytes) {
      const [ready, events, leases] = ["ready", "events", "leases"].map((kind) => `minimal:${kind}:${queue}`);
      const leaseEnd = `${Date.now() + LEASE_SECONDS * 1000}`;
      const acked = callOf(ack, [events, leases], ID);
      return {
        push: respStep(callOf(push, [ready, events, ready], ID, contentsOf(bytes)), "sequence", 1, ":1"),
        pop: {
          ...respStep(callOf(pop, [ready, events, leases], leaseEnd), "none", POPPED_LINES, "*2"),
          popped: POPPED,
        },
        ack: respStep(acked, "sequence", 1, ":1"),
        ackPopped: respStep(acked, "popped", 1, ":1"),
      };
    },
  };
}

/** A Redis, the direct scripts and an okq on it, and an okq on a file. */
export interface Bench extends AsyncDisposable {
  redis: RedisServer;
  direct: System;
  okq: System & { pid: number };
  sqlite: System & { pid: number };
  folder: string;
  /** Empties Redis and this queue of the file, and waits until okq is idle. */
  clear(queue: string): Promise<void>;
}

export async function startBench(redisOptions?: RedisOptions): Promise<Bench> {
  const stack = new AsyncDisposableStack();
  const redis = await makeRedis(stack, redisOptions);
  const folder = await makeFolder(stack);
  const okq = stack.use(await startQuietOkq(redis.url));
  const sqlite = stack.use(await startQuietOkq(`sqlite:${folder}/okq.db`));
  const wire = stack.use(await connect({ hostname: "127.0.0.1", port: redis.port }));
  const layout = `${await wire.command("GET", "okq:layout")}`;
  const system = (name: string, { addr: { port }, pid }: OkqProcess) => ({ name, port, pid, steps: okqSteps });
  return {
    redis,
    folder,
    direct: await directSystem(redis),
    okq: system("okq", okq),
    sqlite: system("okq sqlite", sqlite),
    async clear(queue) {
      await wire.command("FLUSHDB");
      await wire.command("SET", "okq:layout", layout);
      await using okqOnFile = await connect(sqlite.addr);
      await okqOnFile.command("QFLUSH", queue);
      await idle(sqlite.pid);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
