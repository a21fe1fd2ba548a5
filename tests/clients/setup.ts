/**
 * Getting the clients: Debian's packages, and those from npm in a folder of their own.
 *
 * @module
 */
import { CLIENTS } from "./clients.ts";

/** The versions of the clients from npm and of all that they need. */
const LOCK = new URL("npm.lock", import.meta.url);

/** The packages that are installed, with their versions; none where there is no dpkg. */
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

/** The upstream part of the version of a Debian package: without epoch and revision. */
export function upstream(version: string): string {
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "").replace(/\+.*$/, "");
}

/** All packages of Debian that the clients need. */
export function neededPackages(): string[] {
  return [...new Set(CLIENTS.flatMap(({ debian }) => debian?.packages ?? []))];
}

/**
 * Installs what is missing of Debian's packages where that takes no question and no password: as root, with apt-get.
 * @returns a line that says what is not there, or undefined
 */
export async function installClients(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
  const needed = neededPackages();
  const there = await installedPackages([...needed, "apt"]);
  const missing = needed.filter((name) => !there.has(name));
  if (missing.length === 0 || !there.has("apt")) return undefined;
  let said = "";
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { success, stderr } = await new Deno.Command("apt-get", { args: ["-q", ...args], env, stdin: "null" })
      .output();
    if (!success) said = new TextDecoder().decode(stderr).trim();
  }
  const still = await installedPackages(missing);
  const lacking = missing.filter((name) => !still.has(name));
  if (lacking.length === 0) return undefined;
  return `Not tested are the clients that need ${lacking.join(", ")}, which apt-get did not install: ${said}`;
}

/** What `package.json` has to say for all versions of all clients to be installed beside each other. */
export function npmPackages(): Record<string, string> {
  return Object.fromEntries(
    CLIENTS.flatMap(({ npm, version }) =>
      npm === undefined ? [] : [[npm.alias, npm.alias === npm.package ? version : `npm:${npm.package}@${version}`]]
    ),
  );
}

/**
 * Installs the clients from npm into a new folder. Deno does that, so that it takes no npm.
 * @throws {Error} with what Deno says if it fails
 */
export async function installNpmClients(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "okq_clients_" });
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ private: true, dependencies: npmPackages() }));
  await Deno.copyFile(LOCK, `${folder}/deno.lock`);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen"],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return folder;
  await Deno.remove(folder, { recursive: true });
  throw new Error(`Installing the clients from npm failed: ${new TextDecoder().decode(stderr).trim()}`);
}
