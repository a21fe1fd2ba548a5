/**
 * Makes executables for other systems than this one, and the file of their checksums:
 *
 *     deno task release [system ...]
 *
 * Deno fetches its runtime for each system from dl.deno.land, once.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- it speaks to people
import { createHash } from "../deps.ts";
import { VERSION } from "../core/version.ts";

/** The systems, and what Deno calls them. */
export const TARGETS: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x64": "x86_64-pc-windows-msvc",
};

/** Where the executables go. */
const FOLDER = "dist";

/** What an executable may do: it cannot know which addresses and files will be its own. */
const PERMISSIONS = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write"];

/** The name of the executable for a system. */
export function fileFor(system: string): string {
  return `okq-${VERSION}-${system}${system.startsWith("windows") ? ".exe" : ""}`;
}

/** Why an executable could not be made, from what Deno wrote to standard error. */
export function whyNot(system: string, stderr: string): string {
  const [url] = /https:\/\/\S*\/denort-\S+\.zip/.exec(stderr) ?? [];
  if (url === undefined) return `Compiling for ${system} failed: ${stderr.trim()}`;
  return `Compiling for ${system} failed: Deno could not fetch its runtime from ${url}; run this where that can be ` +
    "reached, or unpack that archive and name the file in it in DENORT_BIN";
}

/** A line of the file of checksums, as `sha256sum --check` reads it. */
export function checksum(file: string, bytes: Uint8Array): string {
  return `${createHash("sha256").update(bytes).digest("hex")}  ${file}\n`;
}

async function compile(system: string): Promise<boolean> {
  const output = `${FOLDER}/${fileFor(system)}`;
  const args = ["compile", "--quiet", ...PERMISSIONS, "--target", TARGETS[system], "--output", output, "server.ts"];
  const env = { NO_COLOR: "1" };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env, stdout: "inherit" }).output();
  console.log(success ? output : whyNot(system, new TextDecoder().decode(stderr)));
  return success;
}

async function main(asked: string[]): Promise<number> {
  const unknown = asked.find((system) => !Object.hasOwn(TARGETS, system));
  if (unknown !== undefined) {
    console.log(`Cannot compile for ${JSON.stringify(unknown)}: allowed are ${Object.keys(TARGETS).join(", ")}`);
    return 2;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  const systems = asked.length > 0 ? asked : Object.keys(TARGETS);
  let sums = "";
  let failed = 0;
  for (const system of systems) {
    if (!await compile(system)) failed++;
    else sums += checksum(fileFor(system), await Deno.readFile(`${FOLDER}/${fileFor(system)}`));
  }
  await Deno.writeTextFile(`${FOLDER}/SHA256SUMS`, sums);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
