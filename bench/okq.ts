/**
 * An okq process to measure.
 *
 * @module
 */

/** A running okq. */
export interface OkqProcess extends AsyncDisposable {
  /** Where it listens, on the loopback interface. */
  readonly port: number;
}

/** Starts okq as a user would, on a free port, and waits until it listens. */
export async function startOkq(args: string[]): Promise<OkqProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-net", "--allow-read", "--allow-write"],
      ...[new URL("../server.ts", import.meta.url).pathname, "--listen-addr", "127.0.0.1:0", "--log-level", "warn"],
      ...args,
    ],
    stdout: "piped",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await lines.read();
  const port = Number(/listening on .*:(\d+)/.exec(value)?.[1]);
  if (!port) throw new Error(`Starting okq failed: it says ${JSON.stringify(value)}`);
  return {
    port,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await lines.cancel();
    },
  };
}
