/**
 * A TCP connection, with TLS or without.
 *
 * @module
 */

export type Socket = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite" | "localAddr" | "remoteAddr">;

const TOO_MANY_CLIENTS = new TextEncoder().encode("-ERR max number of clients reached\r\n");

/** Refuses a client beyond `--max-clients`, as Redis does. */
export async function refuse(socket: Socket): Promise<void> {
  try {
    await socket.write(TOO_MANY_CLIENTS);
  } catch {
    // The client has closed the connection already.
  }
  socket.close();
}
