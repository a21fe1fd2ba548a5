/**
 * An honest client beside hostile ones.
 *
 * @module
 */
import { delay } from "../../../../core/util/async.ts";
import { connect } from "../../../../tests/support/wire.ts";
import { residentMiB } from "../../../proc.ts";
import { quantile, round } from "../../../stats.ts";
import { makeRedis } from "../../../stores.ts";
import { LoadClient } from "../../load/load_client.ts";
import type { Measure } from "../../measure.ts";
import { startQuietOkq } from "../../systems.ts";
import { type AttackKind, attacks, PASSWORD } from "../../load/attacks.ts";

/** Commands per second. */
const RATE = 200;
const SECONDS = 5;
const POLL_MS = 50;
/** Documented for the default limits. */
export const MAX_RESIDENT_MIB = 1024;

export const hostile: Measure = {
  name: "hostile",
  title: "Beside hostile clients",
  columns: [
    "hostile clients",
    ...["okq", "okq sqlite"].flatMap((name) => [`${name}: alone, p50 / p99`, "attacked, p50 / p99", "MiB"]),
  ],
  slow: true,
  async run({ client, note, missed }) {
    await using stack = new AsyncDisposableStack();
    const redis = await makeRedis(stack);
    const rows: string[][] = [];
    let max = 0;
    for (const kind of attacks()) {
      const cells = [kind.name];
      for (const [name, store] of [["okq", redis.url], ["okq sqlite", "sqlite::memory:"]]) {
        const { alone, attacked, resident, sentBytes, disconnects } = await endure(client, store, kind, SECONDS);
        max = Math.max(max, resident);
        const shown = [alone, attacked].map((times) => [0.5, 0.99].map((q) => round(quantile(times, q))).join(" / "));
        note(
          `${name}, ${kind.name}: ${shown.join(" → ")} ms, ${resident} MiB, ` +
            `${Math.round(sentBytes / 1e6)} MB sent, ${disconnects} disconnected`,
        );
        cells.push(...shown, `${resident}`);
      }
      rows.push(cells);
    }
    if (max >= MAX_RESIDENT_MIB) missed(`okq uses ${max} MiB, and ${MAX_RESIDENT_MIB} is the documented bound`);
    return rows;
  },
};

/** Milliseconds, in ascending order. */
export interface Endured {
  alone: Float64Array;
  attacked: Float64Array;
  /** Highest memory of okq, in MiB. */
  resident: number;
  sentBytes: number;
  disconnects: number;
}

/** Uses a server of its own. @throws {Error} if the honest client gets a wrong reply or none */
export async function endure(client: LoadClient, store: string, kind: AttackKind, seconds: number): Promise<Endured> {
  const { arrivalSeconds = 0, seconds: duration = seconds, withPassword, prepare = [], plan } = kind;
  await using okq = await startQuietOkq(store, withPassword ? ["--requirepass", PASSWORD] : []);
  const { port } = okq.addr;
  const login = withPassword ? ["AUTH", PASSWORD] : undefined;
  {
    await using wire = await connect(okq.addr);
    if (login) await wire.command(...login);
    for (const command of [["QFLUSH", "honest"], ["QFLUSH", "hostile"], ...prepare]) await wire.command(...command);
  }
  const probe = { port, rate: RATE, login };
  await client.probe({ ...probe, seconds: duration / 6 }); // warm-up
  const alone = await client.probe({ ...probe, seconds: duration / 3 });
  using attacker = new LoadClient();
  const connected = Promise.withResolvers<void>();
  const attack = attacker.attack({ ...plan, port, seconds: duration + arrivalSeconds + 1 }, connected.resolve);
  await Promise.race([connected.promise, attack]);
  let resident = 0;
  const timer = setInterval(async () => {
    resident = Math.max(resident, Math.round(await residentMiB(okq.pid).catch(() => 0)));
  }, POLL_MS);
  try {
    await delay(arrivalSeconds * 1000);
    const attacked = await client.probe({ ...probe, seconds: duration });
    return { alone, attacked, ...await attack, resident };
  } finally {
    clearInterval(timer);
  }
}
