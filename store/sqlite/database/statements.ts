/**
 * Prepares the statements of `statements.sql`.
 *
 * @module
 */
import type { DatabaseSync } from "../../../deps.ts";
import source from "./statements.sql" with { type: "text" };

export type Value = number | bigint | string | Uint8Array | null;

/** Rows are tuples, as the comment in `statements.sql` says. */
export interface Statement<Row extends unknown[] = never> {
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  iterate(...values: Value[]): Iterable<Row>;
  run(...values: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

const texts = new Map(
  source.split(/^-- name: /m).slice(1).map((section): [string, string] => {
    const [name] = section.split("\n", 1);
    return [name, section.slice(name.length)];
  }),
);

/**
 * @param rows rows of parameters, for a statement that ends with VALUES
 * @throws {Error} if `statements.sql` has no such name
 */
export function prepare<Row extends unknown[] = never>(db: DatabaseSync, name: string, rows = 1): Statement<Row> {
  let text = texts.get(name);
  if (text === undefined) throw new Error(`Preparing a statement failed: no "${name}" in statements.sql`);
  if (rows > 1) text = text.replace(/(?<=VALUES )(\(.*\));/, (_, row) => Array(rows).fill(row).join(", "));
  // Deno's types lack setReturnArrays and assume that rows are objects.
  const statement = db.prepare(text) as unknown as Statement<Row> & { setReturnArrays(on: boolean): void };
  statement.setReturnArrays(true);
  return statement;
}
