/**
 * Asks an okq whether it answers, for health checks of containers without a shell: exits with 0 if it does.
 *
 *     deno run --allow-net deploy/healthcheck.ts [host:port]
 *
 * An okq that wants a password first is well, too. Its store is not asked: okq waits for a store that is out of reach,
 * and a restart would not bring it back.
 *
 * @module
 */

/** How long an answer may take, in milliseconds. */
const PATIENCE_MS = 2000;

async function answers(address: string): Promise<boolean> {
  const [, hostname = "127.0.0.1", port = "4777"] = /^\[?(.+?)\]?:([0-9]+)$/.exec(address) ?? [];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  signal.addEventListener("abort", () => Deno.exit(1));
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode("PING\r\n"));
  const answer = new Uint8Array(16);
  const length = await connection.read(answer) ?? 0;
  return /^(\+PONG|-NOAUTH)/.test(new TextDecoder().decode(answer.subarray(0, length)));
}

if (import.meta.main) Deno.exit(await answers(Deno.args[0] ?? "") ? 0 : 1);
