/**
 * Makes executables for all systems and the npm package of the client, and writes their checksums:
 *
 *     deno task release [system ... | client]
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

/**
 * How executables are compiled, as in the task `compile`. Addresses and files are not known at compile time, so their
 * permissions are not limited. Of the packages in the lock file, most are for tests.
 */
export const COMPILE_FLAGS = [
  "--no-prompt",
  "--v8-flags=--no-incremental-marking-task",
  "--exclude-unused-npm",
  "--allow-net",
  "--allow-read",
  "--allow-write",
];

/** Stands for the package of the client among the systems. */
const CLIENT = "client";

export function fileFor(system: string): string {
  if (system === CLIENT) return `okq-client-${VERSION}.tgz`;
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

/** Makes the package of the client, which npm installs. Resolves to what Deno wrote if it fails. */
export async function packClient(output: string): Promise<string | undefined> {
  const args = ["pack", "--quiet", "--allow-dirty", "--config", "jsr.json", "--output", output];
  const options = { args, cwd: new URL("../client/", import.meta.url), env: { NO_COLOR: "1" } };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  return success ? undefined : new TextDecoder().decode(stderr).trim();
}

async function make(system: string): Promise<boolean> {
  if (system !== CLIENT) return await compile(system);
  const file = fileFor(CLIENT);
  const error = await packClient(`${Deno.cwd()}/${FOLDER}/${file}`);
  console.log(error === undefined ? `${FOLDER}/${file}` : `Packing the client failed: ${error}`);
  return error === undefined;
}

async function compile(system: string): Promise<boolean> {
  const output = `${FOLDER}/${fileFor(system)}`;
  const args = ["compile", "--quiet", ...COMPILE_FLAGS, "--target", TARGETS[system], "--output", output, "server.ts"];
  const env = { NO_COLOR: "1" };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env, stdout: "inherit" }).output();
  console.log(success ? output : compileError(system, new TextDecoder().decode(stderr)));
  return success;
}

async function main(names: string[]): Promise<number> {
  const allowed = [...Object.keys(TARGETS), CLIENT];
  const unknown = names.find((name) => !allowed.includes(name));
  if (unknown !== undefined) {
    console.log(`Cannot release ${JSON.stringify(unknown)}: allowed are ${allowed.join(", ")}`);
    return 2;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  const systems = names.length > 0 ? names : allowed;
  let sums = "";
  let failed = 0;
  for (const system of systems) {
    if (!await make(system)) failed++;
    else sums += checksum(fileFor(system), await Deno.readFile(`${FOLDER}/${fileFor(system)}`));
  }
  await Deno.writeTextFile(`${FOLDER}/SHA256SUMS`, sums);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
