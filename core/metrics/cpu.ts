/**
 * How long the processor has worked for this process.
 *
 * @module
 */
import { cpuUsage } from "../../deps.ts";

/** In seconds, by whether it worked for the program itself or for the system on its behalf. */
export function cpuSeconds(): { user: number; system: number } {
  const { user, system } = cpuUsage();
  return { user: user / 1e6, system: system / 1e6 };
}
