/**
 * BullMQ, a queue library for Node on Redis: https://bullmq.io. npm installs it in a folder, so that okq does not
 * depend on it.
 *
 * @module
 */
import { makeFolder } from "../../stores.ts";
import { runProgram } from "./run_program.ts";

export const BULLMQ = ["bullmq@6.7.0", "ioredis@5.11.1"];

export interface Bullmq {
  node: string;
  /** Resolves to jobs per second for each of these works of bullmq_program.js, which are done in turn. */
  measure<Work extends string>(redisPort: number, jobs: number, works: readonly Work[]): Promise<Record<Work, number>>;
}

/** In a folder of its own. @throws {Error} with the reason if that is not possible here */
export async function installBullmq(stack: AsyncDisposableStack): Promise<Bullmq> {
  const node = (await runProgram("node", ["--version"])).trim();
  const folder = await makeFolder(stack);
  await runProgram("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...BULLMQ]);
  const program = `${folder}/program.mjs`; // imports resolve beside it
  await Deno.copyFile(new URL("bullmq_program.js", import.meta.url), program);
  return {
    node,
    measure: async (redisPort, jobs, works) =>
      JSON.parse(await runProgram("node", [program, "bullmq", `${redisPort}`, `${jobs}`, works.join(",")])),
  };
}
