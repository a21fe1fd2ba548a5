/**
 * What the figures were measured on.
 *
 * @module
 */
import { ROOT } from "../tests/support/sources.ts";
import { median, round } from "./stats.ts";

const SYNCS = 20;
const PAGE_BYTES = 4096;

/** A machine and its programs. */
export interface Machine {
  /** The processor's name. */
  cpu: string;
  /** How many cores there are. */
  cores: number;
  /** Memory, in GiB. */
  memory: number;
  /** The system and its kernel. */
  os: string;
  /** Deno's version. */
  deno: string;
  /** V8's version. */
  v8: string;
  /** redis-server's version. */
  redis: string;
  /** The commit of okq, with a plus if files were changed since. */
  okq: string;
  /** How long the disk of temporary files takes to sync a page, in milliseconds: what the embedded store waits for. */
  syncMs: number;
  /** How many processes wanted a core before the run began, over the last minute: above 0.5 others were at work. */
  load: number;
}

/** Asks this machine. */
export async function describeMachine(): Promise<Machine> {
  const cpus = await Deno.readTextFile("/proc/cpuinfo");
  return {
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpus)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memory: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    os: `${/^PRETTY_NAME="(.+)"$/m.exec(await Deno.readTextFile("/etc/os-release"))?.[1]}, Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    redis: /v=(\S+)/.exec(await output(ROOT, "redis-server", "--version"))?.[1] ?? "",
    okq: await commitOf(ROOT),
    syncMs: await timeSync(),
    load: Deno.loadavg()[0],
  };
}

/** The commit of the version in a folder, with a plus if files other than the benchmark's were changed since. */
export async function commitOf(folder: URL): Promise<string> {
  const changed = await output(folder, "git", "status", "--porcelain", "--untracked-files=no", "--", ":!bench");
  return await output(folder, "git", "rev-parse", "--short", "HEAD") + (changed ? "+" : "");
}

/** One line for people. */
export function machineLine({ cpu, cores, memory, os, deno, v8, redis, okq, syncMs, load }: Machine): string {
  return `okq ${okq} on ${cpu}, ${cores} cores, ${memory} GiB, ${os}; Deno ${deno} (V8 ${v8}), Redis ${redis}; ` +
    `a sync of the disk takes ${syncMs} ms; load before the run ${load.toFixed(1)}`;
}

async function timeSync(): Promise<number> {
  const path = await Deno.makeTempFile({ prefix: "okq_bench_" });
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
