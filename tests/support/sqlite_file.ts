/**
 * Files of the embedded store, for tests.
 *
 * @module
 */
import { DatabaseSync } from "../../deps.ts";

/** Declares a test that gets a path in a folder of its own. */
export function testWithFile(name: string, body: (path: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await body(`${folder}/okq.db`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Runs SQL on the file without the store. Returns the rows. */
export function sql(path: string, text: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path);
  try {
    return db.prepare(text).all();
  } finally {
    db.close();
  }
}

/** What {@linkcode rowsIn} returns of an empty store. */
export const NO_ROWS = {
  queues: 0,
  events: 0,
  big_contents: 0,
  flushed: 0,
  policies: 0,
  remembered: 0,
  timetables: 0,
};

/** The number of rows of each table in the file. */
export function rowsIn(path: string): Record<string, number> {
  const tables = sql(path, "SELECT name FROM sqlite_schema WHERE type = 'table'").map(({ name }) => `${name}`);
  return Object.fromEntries(tables.map((name) => [name, Number(sql(path, `SELECT count(*) AS n FROM ${name}`)[0].n)]));
}

/**
 * Starts `sqlite_program.ts` on the file: `push` prints the id of each stored event, `open` the result of opening it.
 */
export function program(task: "push" | "open", path: string): Deno.ChildProcess {
  const script = new URL("sqlite_program.ts", import.meta.url).pathname;
  const args = ["run", "--no-prompt", "--allow-read", "--allow-write", script, task, path];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped" }).spawn();
}
