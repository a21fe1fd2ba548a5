/**
 * Whether clients that mean no good harm one that does not.
 *
 * @module
 */
import { startRedis } from "../../../tests/support/redis_server.ts";
import { connect } from "../../../tests/support/wire.ts";
import { LoadClient } from "../load/load.ts";
import { column, type Measure, type Row } from "../measure.ts";
import { startOkq } from "../okq.ts";
import { residentMiB, sleep } from "../../proc.ts";
import { quantile, round } from "../../stats.ts";
import { type AttackKind, attacks, PASSWORD } from "./attacks.ts";

const RATE = 200;
const SECONDS = 5;
const LOOK_MS = 50;
/** What resident memory must stay below with the default limits, in MiB. */
export const RESIDENT_BOUND_MIB = 1024;

/** An honest client beside hostile ones. */
export const hostile: Measure = {
  name: "hostile",
  title: "Beside hostile clients",
  about:
    `Milliseconds that an honest client waits for the answers to QLPUSH and QRPOP, ${RATE} of them a second, each counted
from when it was due, for ${
      (SECONDS / 3).toFixed(1)
    } s alone and then for ${SECONDS} s beside hostile clients, which come back as
soon as they are hung up on; and the most resident memory meanwhile. The slow ones are there for 20 s, because the garbage
of so many is collected only now and then. A server of its own for each, with the default limits; the stated bound is
${RESIDENT_BOUND_MIB} MiB. Attackers, server, store and the honest client share the cores.
The 10,000 connections need \`ulimit -n 20000\` here, for the attackers and for okq.`,
  columns: [
    column("hostile clients", "attack"),
    column("server"),
    column("quiet p50", "quiet50"),
    column("quiet p99", "quiet99"),
    column("p50", "p50"),
    column("p99", "p99"),
    column("p99 × quiet", "ratio"),
    column("MiB", "resident"),
    column("MB sent", "sent"),
    column("hung up", "hungUp"),
  ],
  slow: true,
  async run({ client, note }) {
    const rows: Row[] = [];
    await using redis = await startRedis();
    for (const kind of attacks()) {
      for (const [server, store] of [["okq", redis.url], ["okq sqlite", "sqlite::memory:"]]) {
        const row = await endure(client, store, kind, kind.seconds ?? SECONDS);
        note(`${server}, ${kind.name}: p99 ${row.quiet99} ms alone, ${row.p99} ms beside, ${row.resident} MiB`);
        rows.push({ attack: kind.name, server, ...row });
      }
    }
    return rows;
  },
};

/**
 * Measures one attack on a server of its own.
 * @throws {Error} if the honest client is not answered
 */
export async function endure(
  client: LoadClient,
  store: string,
  kind: AttackKind,
  seconds: number,
): Promise<Record<"quiet50" | "quiet99" | "p50" | "p99" | "ratio" | "resident" | "sent" | "hungUp", number>> {
  const { settleSeconds = 0 } = kind;
  const args = ["--store", store, ...kind.withPassword ? ["--requirepass", PASSWORD] : []];
  await using okq = await startOkq(args);
  const login = kind.withPassword ? ["AUTH", PASSWORD] : undefined;
  {
    await using wire = await connect({ hostname: "127.0.0.1", port: okq.port });
    if (login) await wire.command(...login);
    for (const command of [["QFLUSH", "honest"], ["QFLUSH", "hostile"], ...kind.prepare ?? []]) {
      await wire.command(...command);
    }
  }
  const probe = { port: okq.port, rate: RATE, login };
  await client.probe({ ...probe, seconds: seconds / 6 }); // so that code is compiled
  const quiet = await client.probe({ ...probe, seconds: seconds / 3 });
  using attacker = new LoadClient();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const attack = attacker.attack({ ...kind.plan, port: okq.port, seconds: seconds + settleSeconds + 1 }, begin);
  await Promise.race([begun, attack]);
  using watched = new Watch(okq.pid);
  await sleep(settleSeconds * 1000);
  const beside = await client.probe({ ...probe, seconds });
  const { sent, hungUp } = await attack;
  return {
    quiet50: round(quantile(quiet, 0.5)),
    quiet99: round(quantile(quiet, 0.99)),
    p50: round(quantile(beside, 0.5)),
    p99: round(quantile(beside, 0.99)),
    ratio: round(quantile(beside, 0.99) / quantile(quiet, 0.99)),
    resident: Math.round(watched.most),
    sent: round(sent / 1e6),
    hungUp,
  };
}

/** Watches the resident memory of a process. */
class Watch implements Disposable {
  /** The most so far, in MiB. */
  most = 0;
  #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    this.#timer = setInterval(async () => {
      this.most = Math.max(this.most, await residentMiB(pid).catch(() => 0));
    }, LOOK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
