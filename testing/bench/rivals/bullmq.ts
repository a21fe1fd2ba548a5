/**
 * BullMQ, a queue library for Node on Redis: https://bullmq.io. npm installs it in a folder, so that okq does not
 * depend on it.
 *
 * @module
 */
import { Guard } from "../../../tests/support/process_guard.ts";
import { makeFolder } from "../../stores.ts";

export const BULLMQ = ["bullmq@6.7.0", "ioredis@5.11.1"];

/** Jobs per second. */
export interface BullmqRates {
  /** Adding, 1,000 with each addBulk. */
  push: number;
  /** Processing by one Worker. */
  consume: number;
  /** Both at the same time. */
  cycle: number;
}

export interface Bullmq {
  node: string;
  measure(redisPort: number, jobs: number): Promise<BullmqRates>;
}

/** In a folder of its own. @throws {Error} with the reason if that is not possible here */
export async function installBullmq(stack: AsyncDisposableStack): Promise<Bullmq> {
  const node = (await run("node", ["--version"])).trim();
  const folder = await makeFolder(stack);
  await run("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...BULLMQ]);
  const program = `${folder}/program.mjs`; // imports resolve beside it
  await Deno.copyFile(new URL("bullmq_program.js", import.meta.url), program);
  return {
    node,
    measure: async (redisPort, jobs) => JSON.parse(await run("node", [program, "bullmq", `${redisPort}`, `${jobs}`])),
  };
}

async function run(program: string, args: string[]): Promise<string> {
  const text = new TextDecoder();
  let child;
  try {
    child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`${program} is not installed`);
    throw error;
  }
  const guard = new Guard(child.pid);
  const { success, stdout, stderr } = await child.output();
  await guard.release();
  if (!success) throw new Error(`${program} ${args[0]} failed: ${text.decode(stderr).match(/^.*Error.*$/m)?.[0]}`);
  return text.decode(stdout);
}
