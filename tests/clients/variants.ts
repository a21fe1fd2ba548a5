/**
 * Lists the clients that this machine can run, each with its runtimes.
 *
 * @module
 */
import { type Client, CLIENTS, type Runtime } from "./clients.ts";
import { installedPackages, installNpmClients, installPipClients, neededPackages, upstream } from "./setup.ts";

/** A client in one runtime. */
export interface Variant {
  client: Client;
  /** Name and version, and the runtime if there are several. */
  name: string;
  /** The reason why it cannot be run. */
  lacking?: string;
  /** The working directory of its driver. */
  cwd?: string;
  /**
   * The command that runs its driver.
   * @param flags arguments before the driver's path
   */
  command(flags?: string[]): Promise<string[]>;
}

/** All clients. Must be awaited at the top of a file: it installs some in folders that are removed at exit. */
export async function variants(): Promise<Variant[]> {
  const packages = await installedPackages(neededPackages());
  const node = await hasNode();
  const [npm, pip] = await Promise.all([folderOf(installNpmClients()), folderOf(installPipClients())]);
  return CLIENTS.flatMap((client) => {
    if (client.debian) return [debianVariant(client, packages)];
    if (client.pip) return [pipVariant(client, pip)];
    return client.npm!.runtimes.map((runtime) => npmVariant(client, runtime, npm, node));
  });
}

function debianVariant(client: Client, there: Map<string, string>): Variant {
  const { packages, program, driver } = client.debian!;
  const absent = packages.filter((name) => !there.has(name));
  const version = upstream(there.get(packages[0]) ?? "");
  const path = driverPath(client, driver);
  return {
    client,
    name: `${client.name} ${client.version}`,
    lacking: absent.length > 0
      ? `no ${absent.join(", ")} on this machine`
      : version !== client.version
      ? `this machine has version ${version}`
      : undefined,
    command: async (flags = []) => driver.endsWith(".c") ? [await compiled(program, path)] : [program, ...flags, path],
  };
}

function pipVariant(client: Client, { folder, error }: Folder): Variant {
  return {
    client,
    name: `${client.name} ${client.version}`,
    lacking: error,
    command: () => Promise.resolve(["env", `PYTHONPATH=${folder}`, "python3", driverPath(client, "client.py")]),
  };
}

function npmVariant(client: Client, runtime: Runtime, npm: Folder, node: boolean): Variant {
  const args = [driverPath(client, "client.mjs"), client.npm!.alias];
  const deno = [Deno.execPath(), "run", "-A", "--no-prompt", "--no-config", "--no-lock", "--node-modules-dir=manual"];
  return {
    client,
    name: `${client.name} ${client.version} under ${runtime}`,
    lacking: npm.error ?? (runtime === "Node" && !node ? "no Node on this machine" : undefined),
    cwd: npm.folder,
    command: () => Promise.resolve(runtime === "Node" ? ["node", ...args] : [...deno, ...args]),
  };
}

function driverPath(client: Client, file: string): string {
  return decodeURIComponent(new URL(`${client.folder}/${file}`, import.meta.url).pathname);
}

/** Compiles the driver in C, once. */
function compiled(compiler: string, source: string): Promise<string> {
  program ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "okq_clients_" });
    removeAtEnd(folder);
    const args = ["-Wall", "-Wextra", "-Werror", "-o", `${folder}/client`, source, "-lhiredis"];
    const { success, stderr } = await new Deno.Command(compiler, { args, stdin: "null" }).output();
    if (!success) throw new Error(`Compiling ${source} failed: ${new TextDecoder().decode(stderr)}`);
    return `${folder}/client`;
  })();
  return program;
}

let program: Promise<string> | undefined;

/** Where clients are installed, or why they are not. */
interface Folder {
  folder?: string;
  error?: string;
}

async function folderOf(installing: Promise<string>): Promise<Folder> {
  try {
    const folder = await installing;
    removeAtEnd(folder);
    return { folder };
  } catch (error) {
    return { error: (error as Error).message.split("\n")[0] };
  }
}

async function hasNode(): Promise<boolean> {
  try {
    return (await new Deno.Command("node", { args: ["--version"], stdin: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

function removeAtEnd(folder: string): void {
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
}
