/**
 * Compiles executables for all systems, and writes their checksums:
 *
 *     deno task release [system ...]
 *
 * @module
 */
// deno-lint-ignore-file no-console -- it reports to the terminal
import { createHash } from "../deps.ts";
import { VERSION } from "../core/version.ts";

/** Targets of `deno compile`. */
export const TARGETS: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x64": "x86_64-pc-windows-msvc",
};

const FOLDER = "dist";

/** Addresses and files are not known at compile time, so they are not limited. */
const PERMISSIONS = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write"];

export function fileFor(system: string): string {
  return `okq-${VERSION}-${system}${system.startsWith("windows") ? ".exe" : ""}`;
}

/** @param stderr what Deno wrote to standard error */
export function compileError(system: string, stderr: string): string {
  const [url] = /https:\/\/\S*\/denort-\S+\.zip/.exec(stderr) ?? [];
  if (url === undefined) return `Compiling for ${system} failed: ${stderr.trim()}`;
  return `Compiling for ${system} failed: Deno could not download its runtime from ${url}; run this with access to that ` +
    "host, or unpack the archive and set DENORT_BIN to the file in it";
}

/** A line of SHA256SUMS, in the format of sha256sum. */
export function checksum(file: string, bytes: Uint8Array): string {
  return `${createHash("sha256").update(bytes).digest("hex")}  ${file}\n`;
}

async function compile(system: string): Promise<boolean> {
  const output = `${FOLDER}/${fileFor(system)}`;
  const args = ["compile", "--quiet", ...PERMISSIONS, "--target", TARGETS[system], "--output", output, "server.ts"];
  const env = { NO_COLOR: "1" };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env, stdout: "inherit" }).output();
  console.log(success ? output : compileError(system, new TextDecoder().decode(stderr)));
  return success;
}

async function main(names: string[]): Promise<number> {
  const unknown = names.find((system) => !Object.hasOwn(TARGETS, system));
  if (unknown !== undefined) {
    console.log(`Cannot compile for ${JSON.stringify(unknown)}: allowed are ${Object.keys(TARGETS).join(", ")}`);
    return 2;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  const systems = names.length > 0 ? names : Object.keys(TARGETS);
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
