/**
 * Runs a program that measures a client library.
 *
 * @module
 */
import { Guard } from "../../../tests/support/process_guard.ts";

/** Resolves to what it writes. @throws {Error} with the reason if it fails or is not installed */
export async function runProgram(program: string, args: string[]): Promise<string> {
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
