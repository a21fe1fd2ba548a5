/**
 * What the command line says to people, and takes from them.
 *
 * @module
 */
import { StoreUnavailable } from "../../store/store.ts";
import { formatAddr } from "../util/address.ts";
import { describeError } from "../log.ts";
import type { Server } from "../api.ts";
import type { Settings } from "../config/settings.ts";

/** Where a server listens, in lines for people and for programs that start it. */
export function listenLines({ addr, tlsAddr, httpAddr }: Server, { listenAddr, httpTls }: Settings): string[] {
  const lines = [];
  if (listenAddr) lines.push(`listening on ${addr.hostname}:${addr.port}`);
  if (tlsAddr) lines.push(`listening on ${tlsAddr.hostname}:${tlsAddr.port} with TLS`);
  if (httpAddr) {
    lines.push(`listening on ${httpTls ? "https" : "http"}://${formatAddr({ transport: "tcp", ...httpAddr })}/`);
  }
  return lines;
}

/** The first line of standard input. */
export async function passwordFromStdin(): Promise<Uint8Array> {
  const [line] = (await new Response(Deno.stdin.readable).text()).split(/\r?\n/);
  if (line === "") throw new Error("Cannot make a hash: write the password to standard input, on one line");
  return new TextEncoder().encode(line);
}

/** Why the server cannot start, in one line that says what to do. */
export function startupError(error: unknown): string {
  if (error instanceof StoreUnavailable) {
    return `${error.reason}; start Redis there, or keep events in a file with --store sqlite:okq.db`;
  }
  return error instanceof Error ? error.message : describeError(error);
}
