/**
 * What tests of the HTTP side share.
 *
 * @module
 */
import type { Server } from "../../server.ts";
import { serveForTest } from "./stores.ts";
import type { ServeOptions } from "../../server.ts";

/** The address of a server's HTTP side, without a path. */
export function httpUrl({ httpAddr }: Server): string {
  return `http://127.0.0.1:${httpAddr!.port}`;
}

/** Declares a test of a server in memory that serves HTTP. */
export function httpTest(
  name: string,
  body: (url: string, server: Server) => Promise<void>,
  options?: ServeOptions,
): void {
  Deno.test({
    name,
    timeout: 60_000,
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

/** What a request is answered, headers and all, where `fetch` would set them itself. */
export async function rawRequest({ httpAddr }: Server, lines: string[]): Promise<string> {
  using connection = await Deno.connect(httpAddr!);
  await connection.write(new TextEncoder().encode([...lines, "Connection: close", "", ""].join("\r\n")));
  return await new Response(connection.readable).text();
}
