/**
 * The machine and the versions that a result was measured with.
 *
 * @module
 */
import { ROOT } from "../tests/support/sources.ts";
import { median, round } from "./stats.ts";

const SYNCS = 20;
const PAGE_BYTES = 4096;

export interface Machine {
  cpu: string;
  cores: number;
  /** In GiB. */
  memory: number;
  /** Distribution and kernel. */
  os: string;
  deno: string;
  redis: string;
  /** Commit, with a plus if files have changed since. */
  okq: string;
  /** Median time to sync a page to the disk of temporary files: the embedded store waits for it. */
  syncMs: number;
  /** Load average of the last minute before the run; above 0.5 other programs were active. */
  load: number;
}

/** Linux only. */
export async function describeMachine(): Promise<Machine> {
  const cpus = await Deno.readTextFile("/proc/cpuinfo");
  return {
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpus)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memory: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    os: `${/^PRETTY_NAME="(.+)"$/m.exec(await Deno.readTextFile("/etc/os-release"))?.[1]}, Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    redis: /v=(\S+)/.exec(await output(ROOT, "redis-server", "--version"))?.[1] ?? "",
    okq: await commitOf(ROOT),
    syncMs: await timeSync(),
    load: round(Deno.loadavg()[0]),
  };
}

/** The commit of a checkout, with a plus if files other than the long programs have changed since. */
export async function commitOf(folder: URL): Promise<string> {
  const changed = await output(folder, "git", "status", "--porcelain", "--untracked-files=no", "--", ":!testing");
  return await output(folder, "git", "rev-parse", "--short", "HEAD") + (changed ? "+" : "");
}

export function machineLine({ cpu, cores, memory, os, deno, redis, okq, syncMs, load }: Machine): string {
  return `okq ${okq}, ${cpu}, ${cores} cores, ${memory} GiB, ${os}, Deno ${deno}, Redis ${redis}, ` +
    `disk sync ${syncMs} ms, load before ${load}`;
}

async function timeSync(): Promise<number> {
  const path = await Deno.makeTempFile({ prefix: "okq_sync_" });
  const times: number[] = [];
  using file = await Deno.open(path, { write: true });
  await Deno.remove(path);
  for (let i = 0; i < SYNCS; i++) {
    const begin = performance.now();
    await file.write(new Uint8Array(PAGE_BYTES));
    await file.syncData();
    times.push(performance.now() - begin);
  }
  return round(median(times));
}

async function output(cwd: URL, program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, { args, cwd, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    return "";
  }
}
