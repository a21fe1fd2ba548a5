/**
 * What processes take of the machine, from /proc. Linux only.
 *
 * @module
 */

/** Ticks of the kernel's accounting in a second; the same on every Linux. */
const TICKS_A_SECOND = 100;
const IDLE_LOOK_MS = 200;
const IDLE_LOOKS = 100;

/** Processor time that a process has taken so far, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold spaces
  const [user, system] = [fields[11], fields[12]];
  return (Number(user) + Number(system)) / TICKS_A_SECOND;
}

/** Resident memory of a process, in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when a process has nothing to do any more, after a while in any case. */
export async function idle(pid: number): Promise<void> {
  for (let look = 0; look < IDLE_LOOKS; look++) {
    const before = await cpuSeconds(pid);
    await sleep(IDLE_LOOK_MS);
    if (await cpuSeconds(pid) - before <= 2 / TICKS_A_SECOND) return;
  }
}
