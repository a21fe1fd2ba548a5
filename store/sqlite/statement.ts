/**
 * The prepared statements, by their names in `statements.sql`.
 *
 * @module
 */
import type { DatabaseSync } from "../../deps.ts";
import source from "./statements.sql" with { type: "text" };

/** A value that SQLite is given. */
export type Value = number | bigint | Uint8Array | null;

/** A prepared statement whose rows are tuples, as its comment in `statements.sql` says. */
export interface Statement<Row extends unknown[] = never> {
  /** The first row. */
  get(...values: Value[]): Row | undefined;
  /** All rows. */
  all(...values: Value[]): Row[];
  /** Runs it for its effect. */
  run(...values: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

const texts = new Map(
  source.split(/^-- name: /m).slice(1).map((section): [string, string] => {
    const [name] = section.split("\n", 1);
    return [name, section.slice(name.length)];
  }),
);

/**
 * Prepares the statement of that name.
 *
 * @throws {Error} if `statements.sql` has no such name
 */
export function prepare<Row extends unknown[] = never>(db: DatabaseSync, name: string): Statement<Row> {
  const text = texts.get(name);
  if (text === undefined) throw new Error(`Preparing a statement failed: no "${name}" in statements.sql`);
  // Deno's types lack setReturnArrays, and know rows as objects only.
  const statement = db.prepare(text) as unknown as Statement<Row> & { setReturnArrays(on: boolean): void };
  statement.setReturnArrays(true);
  return statement;
}
