/**
 * Start-up messages and the password prompt of the command line.
 *
 * @module
 */
import { StoreUnavailable } from "../../store/store.ts";
import { formatAddr, formatHostPort } from "../util/address.ts";
import { withoutPasswords } from "../config/flags.ts";
import { describeError, type LogFields } from "../log.ts";
import { VERSION } from "../version.ts";
import type { Server } from "../api.ts";
import type { Settings } from "../config/settings.ts";

/** Programs that start okq parse these lines. */
export function listenLines({ addr, tlsAddr, httpAddr }: Server, { listenAddr, httpTls }: Settings): string[] {
  const lines = [];
  if (listenAddr) lines.push(`listening on ${addr.hostname}:${addr.port}`);
  if (tlsAddr) lines.push(`listening on ${tlsAddr.hostname}:${tlsAddr.port} with TLS`);
  if (httpAddr) {
    lines.push(`listening on ${httpTls ? "https" : "http"}://${formatAddr({ transport: "tcp", ...httpAddr })}/`);
  }
  return lines;
}

/**
 * What an operator wants to know of a server that has started.
 * @param users their number, undefined if no password is needed
 */
export function startFields(
  server: Server,
  settings: Settings,
  { durability, users }: { durability: string; users: number | undefined },
): LogFields {
  const addrs = { listen: settings.listenAddr && server.addr, tls: server.tlsAddr, http: server.httpAddr };
  const given = Object.entries(addrs).filter(([, addr]) => addr);
  return {
    version: VERSION,
    store: withoutPasswords(settings.store),
    durability,
    ...Object.fromEntries(given.map(([name, addr]) => [name, formatHostPort(addr!.hostname, addr!.port)])),
    users: users ?? "no password needed",
  };
}

/** Reads the first line of standard input. @throws {Error} if it is empty */
export async function passwordFromStdin(): Promise<Uint8Array> {
  const [line] = (await new Response(Deno.stdin.readable).text()).split(/\r?\n/);
  if (line === "") throw new Error("Cannot hash an empty password: write one line to standard input");
  return new TextEncoder().encode(line);
}

/** Why the server cannot start and what to do, in one line. */
export function startupError(error: unknown): string {
  if (error instanceof StoreUnavailable) {
    return `${error.reason}; start Redis there, or use a file with --store sqlite:okq.db`;
  }
  return error instanceof Error ? error.message : describeError(error);
}
