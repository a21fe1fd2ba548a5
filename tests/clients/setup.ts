/**
 * Installs the clients: packages of Debian, and packages of npm in a new folder.
 *
 * @module
 */
import { CLIENTS } from "./clients.ts";

/** The lock file of the clients from npm and of their dependencies. */
const LOCK = new URL("npm.lock", import.meta.url);

/** The versions of those packages that are installed; empty on a system without dpkg. */
export async function installedPackages(names: string[]): Promise<Map<string, string>> {
  try {
    const { stdout } = await new Deno.Command("dpkg-query", {
      args: ["--show", "--showformat=${db:Status-Status} ${Package} ${Version}\n", ...names],
      stdin: "null",
      stderr: "null",
    }).output();
    const rows = new TextDecoder().decode(stdout).trim().split("\n").map((row) => row.split(" "));
    return new Map(rows.filter(([status]) => status === "installed").map(([, name, version]) => [name, version]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
}

/** The upstream version of a Debian package: without epoch and revision. */
export function upstream(version: string): string {
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "").replace(/\+.*$/, "");
}

/** The packages of Debian that the clients need. */
export function neededPackages(): string[] {
  return [...new Set(CLIENTS.flatMap(({ debian }) => debian?.packages ?? []))];
}

/**
 * Installs the missing packages of Debian, if the user is root and the system has apt-get.
 * @returns a line about the packages that could not be installed, or undefined
 */
export async function installClients(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
  const needed = neededPackages();
  const installed = await installedPackages([...needed, "apt"]);
  const missing = needed.filter((name) => !installed.has(name));
  if (missing.length === 0 || !installed.has("apt")) return undefined;
  let output = "";
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { success, stderr } = await new Deno.Command("apt-get", { args: ["-q", ...args], env, stdin: "null" })
      .output();
    if (!success) output = new TextDecoder().decode(stderr).trim();
  }
  const added = await installedPackages(missing);
  const lacking = missing.filter((name) => !added.has(name));
  if (lacking.length === 0) return undefined;
  return `Not tested are the clients that need ${lacking.join(", ")}, which apt-get did not install: ${output}`;
}

/**
 * Installs the clients from PyPI into a new folder.
 * @throws {Error} with pip's output if it fails
 */
export async function installPipClients(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "okq_clients_" });
  const packages = CLIENTS.flatMap(({ pip, version }) => pip === undefined ? [] : [`${pip}==${version}`]);
  const args = ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--target", folder, ...packages];
  return await install("pip", folder, new Deno.Command("python3", { args, stdin: "null" }));
}

/** The dependencies of a `package.json` that installs all versions of all clients side by side. */
export function npmPackages(): Record<string, string> {
  return Object.fromEntries(
    CLIENTS.flatMap(({ npm, version }) =>
      npm === undefined ? [] : [[npm.alias, npm.alias === npm.package ? version : `npm:${npm.package}@${version}`]]
    ),
  );
}

/**
 * Installs the clients from npm into a new folder, with Deno.
 * @throws {Error} with Deno's output if it fails
 */
export async function installNpmClients(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "okq_clients_" });
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ private: true, dependencies: npmPackages() }));
  await Deno.copyFile(LOCK, `${folder}/deno.lock`);
  const args = ["install", "--frozen"];
  const command = new Deno.Command(Deno.execPath(), { args, cwd: folder, env: { NO_COLOR: "1" }, stdin: "null" });
  return await install("npm", folder, command);
}

async function install(source: string, folder: string, command: Deno.Command): Promise<string> {
  let reason: unknown;
  try {
    const { success, stderr } = await command.output();
    if (success) return folder;
    reason = new TextDecoder().decode(stderr).trim();
  } catch (error) {
    reason = error; // the program is missing
  }
  await Deno.remove(folder, { recursive: true });
  throw new Error(`Installing the clients from ${source} failed: ${reason}`);
}
