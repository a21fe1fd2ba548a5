/**
 * A look at all that is in the file.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import { emptyCheck, type OrphanKind, type StoreCheck } from "../consistency.ts";
import source from "./consistency.sql" with { type: "text" };

/** Counts what is committed. Nothing else runs meanwhile: some seconds for a million events. */
export function checkDatabase(db: DatabaseSync): StoreCheck {
  const check = emptyCheck();
  for (const row of db.prepare(source).all()) {
    const [name, count] = Object.values(row) as [string, number];
    if (name in check.orphans) check.orphans[name as OrphanKind] += count;
    else check[name as Exclude<keyof StoreCheck, "orphans">] = count;
  }
  return check;
}
