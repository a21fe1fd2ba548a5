/**
 * An honest client beside clients that work on large events and long queues.
 *
 * @module
 */
import { delay } from "../../../../core/util/async.ts";
import { freePort } from "../../../../tests/support/redis_server.ts";
import { sendToRedis } from "../../../../tests/support/redis_command.ts";
import { connect } from "../../../../tests/support/wire.ts";
import type { OkqProcess } from "../../../okq_process.ts";
import { idle, residentMiB } from "../../../proc.ts";
import { quantile, round } from "../../../stats.ts";
import { makeFolder, makeRedis } from "../../../stores.ts";
import { QUEUE as HONEST_QUEUE } from "../../load/honest_client.ts";
import { LargeLoad } from "../../load/large/load.ts";
import { largeStates } from "../../load/large/states.ts";
import type { LargeChoice } from "../../load/large/worker.ts";
import type { LoadClient } from "../../load/load_client.ts";
import type { Context, Measure } from "../../measure.ts";
import { startQuietOkq } from "../../systems.ts";
import { MAX_RESIDENT_MIB } from "./hostile.ts";

/** Commands per second of the honest client. */
const RATE = 200;
const WARM_UP_SECONDS = 1;
/** Quiet is measured for this time, and work that is done at once for half of it. */
const SECONDS = 6;
const POLL_MS = 50;
/** Of the p99 beside the others, compared with quiet. */
const MAX_RATIO = 5;
/** Calls that take longer are in Redis's slow log. */
const SLOW_CALL_MS = 20;

export const large: Measure = {
  name: "large",
  title: "Beside large events and long queues",
  columns: [
    "beside",
    ...["okq: quiet, p99", "beside, p99", "× quiet", `calls over ${SLOW_CALL_MS} ms`, "MiB"],
    ...["okq sqlite: quiet, p99", "beside, p99", "× quiet", "MiB"],
  ],
  slow: true,
  async run(context) {
    const rows = new Map<string, string[]>();
    for (const index of largeStates().keys()) {
      for (const store of ["okq", "okq sqlite"] as const) {
        for (const { name, cells, failures } of await endureLarge(context, store, { index })) {
          rows.set(name, [...rows.get(name) ?? [name], ...cells]);
          for (const failure of failures) context.missed(`${store}, ${name}: ${failure}`);
        }
      }
    }
    return [...rows.values()];
  },
};

interface PhaseResult {
  name: string;
  cells: string[];
  /** Missed bars and broken guarantees. */
  failures: string[];
}

/** Uses servers of its own. */
export async function endureLarge(
  { client, note }: Pick<Context, "client" | "note">,
  store: "okq" | "okq sqlite",
  choice: LargeChoice,
): Promise<PhaseResult[]> {
  const { index, scale, seconds = SECONDS } = choice;
  await using stack = new AsyncDisposableStack();
  const redis = store === "okq"
    ? await makeRedis(stack, {
      args: ["--slowlog-log-slower-than", `${SLOW_CALL_MS * 1000}`, "--slowlog-max-len", "10000"],
    })
    : undefined;
  const http = freePort();
  const url = redis?.url ?? `sqlite:${await makeFolder(stack)}/okq.db`;
  const okq = stack.use(await startQuietOkq(url, ["--http-addr", `127.0.0.1:${http}`]));
  const load = stack.use(new LargeLoad(choice, okq.addr, http));
  const probe = new Probe(client, okq);
  await probe.during(delay(WARM_UP_SECONDS * 1000));
  const quiet = await probe.during(delay(seconds * 1000));
  const unfilled = await load.fill().then(() => undefined, (error) => `filling failed: ${error.message}`);
  await idle(okq.pid);
  const results: PhaseResult[] = [];
  for (const [phase, { name }] of largeStates(scale, choice.seconds)[index].phases.entries()) {
    if (redis) await sendToRedis(redis, "SLOWLOG", "RESET");
    const failures: string[] = [];
    const working = Promise.resolve(unfilled ? [unfilled] : load.work(phase)).then((wrong) => failures.push(...wrong));
    const { p99, resident, error } = await probe.during(Promise.all([working, delay(seconds * 500)]));
    if (error) failures.push(`the honest client: ${error}`);
    const ratio = p99 / quiet.p99;
    if (!(ratio <= MAX_RATIO)) failures.push(`the p99 is ${round(ratio)} times that of quiet`);
    if (resident >= MAX_RESIDENT_MIB) failures.push(`okq uses ${resident} MiB of memory`);
    const cells = [quiet.p99, p99, ratio].map((value) => `${round(value)}`);
    if (redis) {
      const calls = await slowCalls(redis.port);
      const longest = Math.max(...calls);
      if (calls.length > 0) failures.push(`${calls.length} calls of the script take up to ${longest} ms`);
      cells.push(calls.length > 0 ? `${calls.length}, up to ${longest} ms` : "0");
    }
    cells.push(`${resident}`);
    results.push({ name, cells, failures });
    note(`${store}, ${name}: ${cells.join(" | ")}`);
  }
  return results;
}

/** Their times in milliseconds. */
async function slowCalls(port: number): Promise<number[]> {
  const log = await sendToRedis({ port }, "SLOWLOG", "GET", "-1") as unknown[][];
  return log.map(([, , microseconds]) => round(Number(microseconds) / 1000));
}

/** The honest client. */
class Probe {
  readonly #client: LoadClient;
  readonly #okq: OkqProcess;

  constructor(client: LoadClient, okq: OkqProcess) {
    this.#client = client;
    this.#okq = okq;
  }

  /** Measures until `work` resolves; an error ends it, and makes the p99 infinite. */
  async during(work: Promise<unknown>): Promise<{ p99: number; resident: number; error?: string }> {
    let working = true;
    const finished = work.finally(() => working = false);
    let resident = 0;
    const timer = setInterval(async () => {
      resident = Math.max(resident, Math.round(await residentMiB(this.#okq.pid).catch(() => 0)));
    }, POLL_MS);
    {
      await using wire = await connect(this.#okq.addr);
      await wire.command("QFLUSH", HONEST_QUEUE); // an error may have left an event
    }
    const times: number[] = [];
    let error: string | undefined;
    try {
      while (working && error === undefined) {
        times.push(...await this.#client.probe({ port: this.#okq.addr.port, rate: RATE, seconds: 1 }));
      }
    } catch (thrown) {
      error = (thrown as Error).message;
    }
    await finished;
    clearInterval(timer);
    return { p99: error ? Infinity : quantile(times.sort((a, b) => a - b), 0.99), resident, error };
  }
}
