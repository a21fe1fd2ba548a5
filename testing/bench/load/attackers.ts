/**
 * Hostile clients: they send without end, slowly, or without reading, and reconnect when they are disconnected.
 *
 * @module
 */
import { Sockets } from "./sockets.ts";

export interface Attack {
  port: number;
  connections: number;
  /** Sent once on each connection. */
  first: Uint8Array<ArrayBuffer>;
  /** Sent over and over then; may be empty. */
  again: Uint8Array<ArrayBuffer>;
  /** Bytes of `again` after which a connection sends `first` again; 0 for never. */
  restartBytes: number;
  /** Bytes of `again` sent at a time. */
  piece: number;
  /** Pause of a connection between two pieces. */
  everyMs: number;
  reads: boolean;
  /** From the time when all are connected. */
  seconds: number;
}

export interface AttackResult {
  sentBytes: number;
  disconnects: number;
}

/** Connections opened at a time; with more the accept queue overflows and the next connect takes a second. */
const STEP = 100;
/** Precision of `everyMs`, in milliseconds. */
const PRECISION_MS = 5;
const RECEIVE_BYTES = 256 * 1024;

interface Attacker {
  /** Bytes of `first` that are not sent. */
  greeting: Uint8Array<ArrayBuffer>;
  /** Bytes of `again` that are sent. */
  sent: number;
  /** When it sends again, in milliseconds of `performance.now()`. */
  due: number;
}

/** Blocks the thread. @param onConnected called when all are connected and have sent `first` */
export function attack(plan: Attack, onConnected: () => void): AttackResult {
  using sockets = new Sockets();
  const { port, first, again, restartBytes, piece, everyMs, reads } = plan;
  const buffer = new Uint8Array(RECEIVE_BYTES);
  const attackers: Attacker[] = [];
  const result: AttackResult = { sentBytes: 0, disconnects: 0 };

  const begin = (socket: number) => {
    attackers[socket] = { greeting: first, sent: 0, due: performance.now() + Math.random() * everyMs };
  };
  const receive = (socket: number, ended: boolean) => {
    if (!ended && reads) {
      try {
        sockets.receive(socket, buffer);
        return;
      } catch {
        // The server closed the connection.
      }
    }
    result.disconnects++;
    sockets.reconnect(socket, port, reads);
    begin(socket);
  };
  const send = (socket: number, now: number): boolean => {
    const at = attackers[socket];
    if (at.greeting.length > 0) {
      const sent = sockets.trySend(socket, at.greeting);
      at.greeting = at.greeting.subarray(sent);
      return sent > 0;
    }
    if (again.length === 0 || now < at.due) return false;
    const from = at.sent % again.length;
    const sent = sockets.trySend(socket, again.subarray(from, Math.min(from + piece, again.length)));
    at.sent += sent;
    result.sentBytes += sent;
    if (everyMs > 0) at.due += everyMs;
    if (restartBytes > 0 && at.sent >= restartBytes) begin(socket);
    return sent > 0;
  };

  while (sockets.count < plan.connections) {
    const from = sockets.count;
    sockets.connect(port, Math.min(STEP, plan.connections - from), reads);
    for (let socket = from; socket < sockets.count; socket++) {
      begin(socket);
      send(socket, 0);
    }
    sockets.wait(5, receive);
  }
  onConnected();
  const end = performance.now() + plan.seconds * 1000;
  for (let now = performance.now(); now < end; now = performance.now()) {
    let sent = false;
    for (let socket = 0; socket < sockets.count; socket++) if (send(socket, now)) sent = true;
    sockets.wait(everyMs > 0 ? PRECISION_MS : sent ? 0 : 1, receive);
  }
  return result;
}
