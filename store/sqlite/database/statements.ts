/**
 * The prepared statements, by their names in `statements.sql`.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
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
 * @param rows for how many rows of parameters, of a statement that ends with the VALUES of one
 * @throws {Error} if `statements.sql` has no such name
 */
export function prepare<Row extends unknown[] = never>(db: DatabaseSync, name: string, rows = 1): Statement<Row> {
  let text = texts.get(name);
  if (text === undefined) throw new Error(`Preparing a statement failed: no "${name}" in statements.sql`);
  if (rows > 1) text = text.replace(/(?<=VALUES )(\(.*\));/, (_, row) => Array(rows).fill(row).join(", "));
  // Deno's types lack setReturnArrays, and know rows as objects only.
  const statement = db.prepare(text) as unknown as Statement<Row> & { setReturnArrays(on: boolean): void };
  statement.setReturnArrays(true);
  return statement;
}
