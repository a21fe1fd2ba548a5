/**
 * Runs luacheck on the Lua that okq sends to Redis: `deno task lint-lua`. The script of the queues is checked as the text
 * that Redis runs, because its files are no scripts by themselves.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- it prints what luacheck finds
import { readSource, ROOT, sourcePaths } from "./sources.ts";

/** The files that are joined to one script, and the name of that script in findings. */
const QUEUE_FILES = /^store\/redis\/script\/(lua\/|dispatch\.lua$)/;
const QUEUE_SCRIPT = "QUEUE_SOURCE of store/redis/script/queue_script.ts";

/** Debian's package that has luacheck. */
export const LUACHECK_PACKAGE = "lua-check";

/** Whether this machine has luacheck. */
export async function hasLuacheck(): Promise<boolean> {
  try {
    return (await new Deno.Command("luacheck", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

/** All scripts by name. */
export async function luaScripts(): Promise<Map<string, string>> {
  // Imported here, because tests/run.ts imports this file and must run even if the product does not compile.
  const { QUEUE_SOURCE } = await import("../../store/redis/script/queue_script.ts");
  const scripts = new Map([[QUEUE_SCRIPT, QUEUE_SOURCE]]);
  for (const path of await sourcePaths()) {
    if (path.endsWith(".lua") && !QUEUE_FILES.test(path)) scripts.set(path, await readSource(path));
  }
  return scripts;
}

/** What luacheck finds in a script, each finding with the line of the script; empty if it finds nothing. */
export async function luacheck(name: string, source: string): Promise<string> {
  const process = new Deno.Command("luacheck", {
    args: ["--no-color", "--codes", "--formatter", "plain", "--filename", name, "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { code, stdout } = await process.output();
  const findings = new TextDecoder().decode(stdout).trim();
  if (code > 0 && findings === "") return `luacheck failed with exit code ${code}`;
  const lines = source.split("\n");
  return findings.replaceAll(/^.*?:(\d+):\d+: .*$/gm, (finding, line) => `${finding}\n    ${lines[line - 1].trim()}`);
}

if (import.meta.main) {
  if (!await hasLuacheck()) {
    console.log(`luacheck is not installed (apt-get install ${LUACHECK_PACKAGE}): the Lua is not checked`);
    Deno.exit(0);
  }
  const scripts = await luaScripts();
  const findings = await Promise.all(Array.from(scripts, ([name, source]) => luacheck(name, source)));
  for (const text of findings.filter((text) => text !== "")) console.log(text);
  if (findings.some((text) => text !== "")) Deno.exit(1);
  console.log(`Checked ${scripts.size} scripts`);
}
