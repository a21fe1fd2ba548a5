/**
 * Health check for containers without a shell: exits with 0 if okq replies to PING, else with 1.
 *
 *     deno run --allow-net deploy/healthcheck.ts [host:port]
 *
 * A reply that asks for a password counts. The store is not checked: a restart of okq would not bring it back.
 *
 * @module
 */

const TIMEOUT_MS = 2000;

async function replies(address: string): Promise<boolean> {
  const [, hostname = "127.0.0.1", port = "4777"] = /^\[?(.+?)\]?:([0-9]+)$/.exec(address) ?? [];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  signal.addEventListener("abort", () => Deno.exit(1));
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode("PING\r\n"));
  const reply = new Uint8Array(16);
  const length = await connection.read(reply) ?? 0;
  return /^(\+PONG|-NOAUTH)/.test(new TextDecoder().decode(reply.subarray(0, length)));
}

if (import.meta.main) Deno.exit(await replies(Deno.args[0] ?? "") ? 0 : 1);
