/**
 * What a process uses, from /proc. Linux only.
 *
 * @module
 */
import { delay } from "../core/util/async.ts";

/** The unit of times in /proc/<pid>/stat; the same on every Linux. */
const TICKS_PER_SECOND = 100;
const IDLE_POLL_MS = 200;
const MAX_IDLE_POLLS = 100;

/** Processor time used so far. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the process name may contain spaces
  const [user, system] = [fields[11], fields[12]];
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

export async function residentMiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}

export function openFiles(pid: number): number {
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).length;
}

/** Resolves when a process uses no processor time, or after 20 seconds. */
export async function idle(pid: number): Promise<void> {
  for (let poll = 0; poll < MAX_IDLE_POLLS; poll++) {
    const before = await cpuSeconds(pid);
    await delay(IDLE_POLL_MS);
    if (await cpuSeconds(pid) - before <= 2 / TICKS_PER_SECOND) return;
  }
}
