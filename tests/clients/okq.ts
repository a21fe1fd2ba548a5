/**
 * Starts and stops the okq that the clients connect to: a process with its events in a file, so that it can restart.
 *
 * @module
 */
import { assert } from "../deps.ts";
import { Program } from "../support/process.ts";

/**
 * Starts okq with its store in a folder. A busy machine must neither make it log slow commands nor cut off its shutdown.
 * @param port 0 for a free one
 */
export function startOkq(folder: string, port = 0): Program {
  const args = ["--listen-addr", `127.0.0.1:${port}`, "--store", `sqlite:${folder}/okq.db`];
  return new Program([...args, "--slowlog-threshold", "0", "--log-level", "warn", "--shutdown-timeout", "60"], {
    permissions: ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`],
  });
}

/** Stops okq with SIGTERM, and checks that its log is empty. */
export async function stopOkq(okq: Program): Promise<void> {
  okq.kill("SIGTERM");
  const { code, stderr } = await okq.ended;
  assert.deepEqual([code, stderr], [0, ""]);
}
