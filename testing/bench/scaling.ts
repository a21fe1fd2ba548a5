/**
 * What more machines would carry, worked out from what an event costs on this one. The reasoning is in scaling.md.
 *
 * @module
 */
import { column, type Row } from "./measure.ts";
import { table } from "./markdown.ts";
import type { Result } from "./results.ts";
import { round } from "../stats.ts";

/** How much of a core is planned for: queues of work grow without bound as it nears 1. */
const UTILISATION = 0.7;
const MASTERS = [1, 3, 6, 12];

/** The tables of scaling.md. */
export function scaling({ rows, machine, at }: Result): string {
  const measured = rows.filter(({ store, processes }) => processes === 1 && `${store}`.startsWith("Cluster"));
  const costs = measured.map(({ spread, pipeline, okqMicros, redisMicros }) => {
    const [okq, redis] = [Number(okqMicros), Number(redisMicros)];
    return {
      case: `${spread}, pipeline ${pipeline}`,
      redisMicros: redis,
      okqMicros: okq,
      master: capacity(redis),
      process: capacity(okq),
      perMaster: round(okq / redis),
    };
  });
  const plans: Row[] = costs.flatMap(({ case: which, redisMicros, okqMicros, master }) =>
    MASTERS.map((masters) => ({
      case: which,
      masters,
      processes: Math.ceil(masters * okqMicros / redisMicros),
      events: masters * master,
    }))
  );
  return [
    `From \`cores\` in results.json: ${machine.cpu}, ${at.slice(0, 10)}, okq ${machine.okq}.`,
    table([
      column("case"),
      column("Redis µs/event", "redisMicros"),
      column("okq µs/event", "okqMicros"),
      column("a master carries/s", "master"),
      column("an okq carries/s", "process"),
      column("okq processes per master", "perMaster"),
    ], costs),
    table([
      column("case"),
      column("masters m", "masters"),
      column("okq processes n", "processes"),
      column("events/s", "events"),
    ], plans),
  ].join("\n\n");
}

/** Events a second that a core carries, to two digits: this is a plan and no measurement. */
function capacity(micros: number): number {
  return Number((UTILISATION * 1e6 / micros).toPrecision(2));
}
