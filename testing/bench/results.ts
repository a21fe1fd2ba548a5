/**
 * results.json: what was measured last, a part for each measure.
 *
 * @module
 */
import type { Machine } from "../machine.ts";
import type { Row } from "./measure.ts";

/** What a measure found. */
export interface Result {
  /** When, as in ISO 8601. */
  at: string;
  /** The command that does it again. */
  command: string;
  /** Where. */
  machine: Machine;
  /** The figures. */
  rows: Row[];
}

/** The last result of each measure, by name. */
export type Results = Record<string, Result>;

const FILE = new URL("results.json", import.meta.url);

/** Reads them; none if nothing has been measured. */
export async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Puts a measure's result in the place of its last one. A row takes a line, so that changes can be read. */
export async function saveResult(name: string, result: Result): Promise<void> {
  const results = { ...await readResults(), [name]: result };
  const parts = Object.entries(results).map(([name, { rows, ...head }]) => {
    const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
    const { machine, ...rest } = head;
    const fields = Object.entries({ ...rest, machine }).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`);
    return `"${name}": {\n${fields.join(",\n")},\n  "rows": [\n${lines}\n  ]\n}`;
  });
  await Deno.writeTextFile(FILE, `{\n${parts.join(",\n")}\n}\n`);
  await format(FILE);
}

/**
 * Formats a file as `deno fmt --check` wants it.
 * @throws {Error} if it cannot be read as what its name says
 */
export async function format(file: URL): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", file.pathname],
    cwd: new URL("../..", import.meta.url),
  }).output();
  if (!success) throw new Error(`Formatting ${file.pathname} failed: ${new TextDecoder().decode(stderr)}`);
}
