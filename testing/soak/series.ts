/**
 * What is looked at during a soak, and how much of a rise is allowed: from the median of the second quarter of the time,
 * when everything is warm, to that of the last.
 *
 * @module
 */
import type { Okq } from "../okq_process.ts";
import type { Wire } from "../../tests/support/wire.ts";
import type { Allowance } from "./level.ts";

/** Something that is looked at. */
export interface Curve {
  /** What it is. */
  name: string;
  /** Unit of its values. */
  unit: string;
  /** How much it may rise. */
  allowance: Allowance;
}

/** What a look is taken at. */
export interface Looked {
  okq: Okq;
  /** A connection of the observer's own. */
  wire: Wire;
  /** What only this store has. */
  store(): Promise<number[]>;
}

/** The curves of every store. */
const CURVES: readonly Curve[] = [
  { name: "resident memory of okq", unit: "MiB", allowance: { factor: 1.2, plus: 32 } },
  { name: "heap of okq", unit: "MiB", allowance: { factor: 1.3, plus: 24 } },
  { name: "open files and sockets of okq", unit: "", allowance: { factor: 1.1, plus: 16 } },
  { name: "connected clients", unit: "", allowance: { factor: 1.1, plus: 16 } },
  { name: "events in all queues", unit: "", allowance: { factor: 1.5, plus: 1000 } },
];

/** The curves of one store, each with those that `Looked.store` gives. */
export const STORE_CURVES: Record<string, readonly Curve[]> = {
  sqlite: [{ name: "SQLite files", unit: "MiB", allowance: { factor: 1.1, plus: 32 } }],
  redis: [
    { name: "memory of Redis", unit: "MiB", allowance: { factor: 1.2, plus: 8 } },
    { name: "keys in Redis", unit: "", allowance: { factor: 1.2, plus: 50 } },
  ],
};

/** All curves of a store. */
export function curvesOf(store: string): readonly Curve[] {
  return [...CURVES, ...STORE_CURVES[store]];
}

/** The values of all curves now, in their order. */
export async function look({ okq, wire, store }: Looked): Promise<number[]> {
  const usage = await okq.usage();
  const info = `${await wire.command("INFO")}`;
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  const rows = await wire.command("QSTATS") as [string, number][];
  const events = rows.reduce((sum, [, total]) => sum + total, 0);
  const own = [usage?.memory ?? NaN, field("used_memory") / 2 ** 20, usage?.files ?? NaN, field("connected_clients")];
  return [...own, events, ...await store()];
}
