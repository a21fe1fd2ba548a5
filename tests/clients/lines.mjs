// What the clients from npm share: the lines of driver.ts in, the replies out, under Node and under Deno.
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";

/** Loads a package from the folder that the process runs in, where they are installed. */
export const load = createRequire(`${process.cwd()}/`);

/** The version of a package, which may hide its package.json from `load`. */
export function versionOf(name) {
  const folder = load.resolve.paths(name)[0];
  return load(`${folder}/${name}/package.json`).version;
}

function shown(value) {
  if (value === null || value === undefined) return "_";
  if (typeof value === "number") return `:${value}`;
  if (value instanceof Error) return failure(value);
  if (Array.isArray(value)) return [`*${value.length}`, ...value.map(shown)].join(" ");
  if (typeof value === "string" || value instanceof Uint8Array) return `$${Buffer.from(value).toString("hex")}`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return [`%${entries.length}`, ...entries.flat().map(shown)].join(" ");
}

function failure(error) {
  return `!${error.constructor.name}:${Buffer.from(error.message).toString("hex")}`;
}

/**
 * Answers each line with what the client's function of that name makes of the arguments.
 * @param verbs version, open, call, bytes, pipeline and close
 */
export async function answerLines(verbs) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, ...words] = line.split(" ");
    const args = words.map((word) => word === "-" ? Buffer.alloc(0) : Buffer.from(word, "hex"));
    const port = Number(args[0]?.toString());
    try {
      let reply;
      if (verb === "version") reply = verbs.version();
      else if (verb === "open" || verb === "open-set") reply = await verbs.open(port, verb === "open-set");
      else if (verb === "pipeline") reply = await verbs.pipeline(args[0], Number(args[1].toString()));
      else reply = await verbs[verb](args);
      process.stdout.write(`${shown(reply)}\n`);
    } catch (error) {
      process.stdout.write(`${failure(error)}\n`);
    }
  }
  await verbs.close();
}

/** The arguments of the pushes of a pipeline. */
export function pushes(queue, count) {
  return Array.from({ length: count }, (_, i) => ["QLPUSH", queue, `${i}`, `${i}`]);
}
