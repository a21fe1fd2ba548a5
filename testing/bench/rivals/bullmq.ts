/**
 * BullMQ, a queue library for Node on Redis: https://bullmq.io. It is run by Node, in a folder that npm fills for it, so
 * that neither becomes a dependency of okq.
 *
 * @module
 */
import { Guard } from "../../../tests/support/process_guard.ts";
import { onExit } from "../../../tests/support/on_exit.ts";

/** What it is made of. */
export const BULLMQ = ["bullmq@6.7.0", "ioredis@5.11.1"];

/** How fast it is, in jobs a second. */
export interface BullmqRates {
  /** Adding, a thousand with each addBulk. */
  push: number;
  /** Processing by one Worker. */
  consume: number;
  /** Both at the same time. */
  cycle: number;
}

/** A BullMQ that is installed. */
export interface Bullmq extends Disposable {
  /** Node's version. */
  node: string;
  /** Measures it once, with so many jobs. */
  measure(redisPort: number, jobs: number): Promise<BullmqRates>;
}

/**
 * Installs it in a folder of its own.
 * @throws {Error} with the reason if that cannot be done here
 */
export async function installBullmq(): Promise<Bullmq> {
  const node = (await run("node", ["--version"])).trim();
  const folder = await Deno.makeTempDir({ prefix: "okq_bench_bullmq_" });
  const remove = () => Deno.removeSync(folder, { recursive: true });
  const forget = onExit(remove);
  const dispose = () => {
    forget();
    remove();
  };
  try {
    await run("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", ...BULLMQ]);
    await Deno.copyFile(new URL("bullmq_program.js", import.meta.url), `${folder}/program.mjs`);
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    node,
    measure: async (redisPort, jobs) =>
      JSON.parse(await run("node", [`${folder}/program.mjs`, "bullmq", `${redisPort}`, `${jobs}`])),
    [Symbol.dispose]: dispose,
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
