/**
 * Helpers for tests of the HTTP server.
 *
 * @module
 */
import type { ServeOptions, Server } from "../../server.ts";
import { TEST_MS } from "./limits.ts";
import { serveForTest } from "./stores.ts";

/** The URL of a server's HTTP listener, without a path. */
export function httpUrl({ httpAddr }: Server): string {
  return `http://127.0.0.1:${httpAddr!.port}`;
}

/** Declares a test with a server that has an in-memory store and serves HTTP. */
export function httpTest(
  name: string,
  body: (url: string, server: Server) => Promise<void>,
  options?: ServeOptions,
): void {
  Deno.test({
    name,
    timeout: TEST_MS,
    async fn() {
      const httpAddr = { hostname: "127.0.0.1", port: 0 };
      const server = await serveForTest("sqlite::memory:", { httpAddr, ...options });
      try {
        await body(httpUrl(server), server);
      } finally {
        await server.close();
      }
    },
  });
}

/** Sends raw request lines, with headers that `fetch` would set itself, and returns the whole response. */
export async function rawRequest({ httpAddr }: Server, lines: string[]): Promise<string> {
  using connection = await Deno.connect(httpAddr!);
  await connection.write(new TextEncoder().encode([...lines, "Connection: close", "", ""].join("\r\n")));
  return await new Response(connection.readable).text();
}
