/**
 * redis-benchmark as a load.
 *
 * @module
 */

/** How a load is made. */
export interface Load {
  /** Where to, on the loopback interface. */
  port: number;
  /** Connections at once. */
  clients: number;
  /** Commands that a connection sends before it waits for replies. */
  pipeline: number;
  /** Commands in all. */
  requests: number;
}

/** A different id for each request: two random numbers, each of which redis-benchmark makes anew. */
export const RANDOM_ID = "__rand_int__-__rand_int__";

/**
 * Runs a command over and over and returns how many of it were answered in a second.
 * @throws {Error} if redis-benchmark fails, or the server answers an error
 */
export async function commandsPerSecond(load: Load, command: string[]): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command("redis-benchmark", {
    args: [
      ...["-p", `${load.port}`, "-c", `${load.clients}`, "-P", `${load.pipeline}`, "-n", `${load.requests}`],
      ...["-r", "1000000000", "-e", "--csv", ...command],
    ],
  }).output();
  const text = new TextDecoder();
  const rate = Number(text.decode(stdout).trim().split("\n").at(-1)?.match(/,"([0-9.]+)"/)?.[1]);
  if (!success || !(rate > 0)) throw new Error(`redis-benchmark failed: ${text.decode(stderr)}`);
  return rate;
}
