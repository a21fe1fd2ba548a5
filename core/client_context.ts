/**
 * A connected client as commands see it: who it is, which protocol it speaks, what it has registered for. The socket
 * stays in `connection.ts`.
 *
 * @module
 */
import type { User } from "./auth/user.ts";
import type { BlockedClient } from "./delivery/blocking.ts";
import type { ServerContext } from "./server_context.ts";

/** One connected client. */
export interface ClientContext extends BlockedClient {
  /** Unique within the server, from 1, in order of arrival. */
  readonly id: number;
  /** Remote address, `host:port`. */
  readonly addr: string;
  /** Local address, `host:port`. */
  readonly laddr: string;
  /** When it connected, in milliseconds since 1970. */
  readonly connectedAt: number;
  /** When its last command arrived, in milliseconds since 1970. */
  lastCommandAt: number;
  /** The name of its last command in lower case, or an empty string. */
  lastCommand: string;
  /** Who it is; undefined for one that has to log in and has not. */
  user: User | undefined;
  /** The protocol in force, RESP2 or RESP3. */
  protocol: 2 | 3;
  /** Set by CLIENT SETNAME or HELLO; empty if unset. */
  name: string;
  /** Set by CLIENT SETINFO. */
  libName: string;
  /** Set by CLIENT SETINFO. */
  libVersion: string;
  /** The queues of its last QREGISTER, without duplicates. */
  queues: Uint8Array[];
  /** Where in `queues` the next QNOTIFY starts to look, so that a busy queue cannot hide the others. */
  nextQueue: number;
  /** Aborted when the connection ends or the server shuts down: whatever waits for this client stops waiting. */
  readonly signal: AbortSignal;
  /** The server that it is connected to. */
  readonly server: ServerContext;
  /** Closes the connection once the replies to everything before are written. */
  closeAfterReply(): void;
  /** Closes the connection at once. */
  kill(): void;
}
