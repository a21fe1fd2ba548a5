/**
 * redis-benchmark as a load.
 *
 * @module
 */

export interface BenchmarkOptions {
  port: number;
  connections: number;
  pipeline: number;
  requests: number;
}

/** A different id for each request: redis-benchmark replaces both numbers at random. */
export const RANDOM_ID = "__rand_int__-__rand_int__";

/** Resolves to replies per second. @throws {Error} if a reply is an error */
export async function commandsPerSecond(options: BenchmarkOptions, command: string[]): Promise<number> {
  const { port, connections, pipeline, requests } = options;
  const { success, stdout, stderr } = await new Deno.Command("redis-benchmark", {
    args: [
      ...["-p", `${port}`, "-c", `${connections}`, "-P", `${pipeline}`, "-n", `${requests}`],
      ...["-r", "1000000000", "-e", "--csv", ...command],
    ],
  }).output();
  const text = new TextDecoder();
  const rate = Number(text.decode(stdout).trim().split("\n").at(-1)?.match(/,"([0-9.]+)"/)?.[1]);
  if (!success || !(rate > 0)) throw new Error(`redis-benchmark failed: ${text.decode(stderr)}`);
  return rate;
}
