/**
 * An okq process to measure.
 *
 * @module
 */
import { Guard } from "../../tests/support/process_guard.ts";
import { ROOT } from "../../tests/support/sources.ts";

/** A running okq. */
export interface OkqProcess extends AsyncDisposable {
  /** Its process id. */
  readonly pid: number;
  /** Where it listens, on the loopback interface. */
  readonly port: number;
}

/**
 * Starts okq as a user would, on a free port unless the arguments say otherwise, and waits until it listens.
 * @param root the folder of the version to start
 */
export async function startOkq(args: string[], root: URL = ROOT): Promise<OkqProcess> {
  const permissions = ["--no-prompt", "--no-check", "--allow-net", "--allow-read", "--allow-write"];
  // Deno calls sharing a port unstable.
  if (args.includes("--reuse-port")) permissions.push("--unstable-net");
  const addr = args.includes("--listen-addr") ? [] : ["--listen-addr", "127.0.0.1:0"];
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", ...permissions, "server.ts"],
      ...[...addr, "--log-level", "error", ...args],
    ],
    cwd: root,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const guard = new Guard(process.pid);
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await lines.read();
  const port = Number(/listening on .*:(\d+)/.exec(value)?.[1]);
  if (!port) {
    await guard.release();
    throw new Error(`Starting okq failed: it says ${JSON.stringify(value)}`);
  }
  return {
    pid: process.pid,
    port,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await guard.release();
      await lines.cancel();
    },
  };
}

/** Whether the command line of okq has this option. */
export async function okqHas(option: string): Promise<boolean> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "server.ts", "--help"],
    cwd: ROOT,
  }).output();
  return new TextDecoder().decode(stdout).includes(option);
}
