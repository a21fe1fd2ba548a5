/**
 * Serves the project's files over HTTP, for imports by URL.
 *
 * @module
 */
import { ROOT } from "./sources.ts";

const TYPES: Record<string, string> = { ts: "application/typescript", json: "application/json" };

/** Starts a file server on a free loopback port. */
export function serveFiles(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    try {
      const text = await Deno.readTextFile(new URL(`.${pathname}`, ROOT));
      const type = TYPES[pathname.split(".").at(-1)!] ?? "text/plain";
      return new Response(text, { headers: { "content-type": `${type}; charset=utf-8` } });
    } catch {
      return new Response("Not found", { status: 404 });
    }
  });
}
