/**
 * A look at all that is in the file.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { type ConsistencyReport, emptyReport, type Inconsistency } from "../consistency.ts";
import source from "./consistency.sql" with { type: "text" };

/** Counts what is committed. Nothing else runs meanwhile: some seconds for a million events. */
export function checkConsistency(db: DatabaseSync): ConsistencyReport {
  const check = emptyReport();
  for (const row of db.prepare(source).all()) {
    const [name, count] = Object.values(row) as [string, number];
    if (name in check.orphans) check.orphans[name as Inconsistency] += count;
    else check[name as Exclude<keyof ConsistencyReport, "orphans">] = count;
  }
  return check;
}
