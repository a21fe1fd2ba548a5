/**
 * okq as the clients meet it: a process with its events in a file, so that it can come back.
 *
 * @module
 */
import { assert } from "../deps.ts";
import { Program } from "../support/process.ts";

/**
 * Starts okq with its store in a folder.
 * @param port a free one by default
 */
export function startOkq(folder: string, port = 0): Program {
  return new Program(["--listen-addr", `127.0.0.1:${port}`, "--store", `sqlite:${folder}/okq.db`], {
    permissions: ["--allow-net", `--allow-read=${folder}`, `--allow-write=${folder}`],
  });
}

/** Ends okq in an orderly way. Its log must be empty. */
export async function stopOkq(okq: Program): Promise<void> {
  okq.kill("SIGTERM");
  const { code, stderr } = await okq.ended;
  assert.deepEqual([code, stderr], [0, ""]);
}
