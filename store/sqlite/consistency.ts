/**
 * Counts everything in the file, and orphans.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { type ConsistencyReport, emptyReport, type Inconsistency } from "../consistency.ts";
import source from "./consistency.sql" with { type: "text" };

/** Checks the committed state. Blocks the event loop: some seconds for a million events. */
export function checkConsistency(db: DatabaseSync): ConsistencyReport {
  const report = emptyReport();
  for (const row of db.prepare(source).all()) {
    const [name, count] = Object.values(row) as [string, number];
    if (name in report.orphans) report.orphans[name as Inconsistency] += count;
    else report[name as Exclude<keyof ConsistencyReport, "orphans">] = count;
  }
  return report;
}
