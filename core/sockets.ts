/**
 * What a server needs of sockets, with TLS and without.
 *
 * @module
 */
import type { ListenAddr } from "./option.ts";

/** A connection. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite" | "localAddr" | "remoteAddr">;

/** What takes connections. */
export interface Listener {
  /** Where it listens. */
  readonly addr: ListenAddr;
  /** The next connection. Rejects with `Deno.errors.BadResource` once it is closed. */
  accept(): Promise<Socket>;
  /** Takes no more; connections that were accepted stay. */
  close(): void;
}

/** Listens without TLS. @throws {Error} if it cannot */
export function listen(addr: ListenAddr, reusePort: boolean): Listener {
  const listener = listening(addr, () => Deno.listen({ ...addr, reusePort }));
  return {
    addr: listener.addr,
    async accept() {
      const socket = await listener.accept();
      socket.setNoDelay(true);
      return socket;
    },
    close: () => listener.close(),
  };
}

/** Says in an error what was to be listened on. */
export function cannotListen({ hostname, port }: ListenAddr, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return new Error(`Cannot listen on ${hostname}:${port}: ${error.message}`, { cause: error });
}

function listening<T>(addr: ListenAddr, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw cannotListen(addr, error);
  }
}
