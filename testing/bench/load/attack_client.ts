/**
 * Clients that mean no good: they send without end, slowly, or without reading, and come back when they are hung up on.
 *
 * @module
 */
import { Sockets } from "./sockets.ts";

/** What they do; can be sent to a worker. */
export interface Attack {
  /** Where, on the loopback interface. */
  port: number;
  /** How many there are. */
  connections: number;
  /** What each sends when it has connected. */
  first: Uint8Array<ArrayBuffer>;
  /** What each sends over and over then; nothing if it is empty. */
  again: Uint8Array<ArrayBuffer>;
  /** Bytes of `again` after which a connection begins anew with `first`; for ever if 0. */
  bytesEach: number;
  /** How many bytes of that each sends at a time. */
  piece: number;
  /** Pause between two pieces of a connection, in milliseconds; 0 is as fast as it can. */
  everyMs: number;
  /** Whether they read replies. */
  reads: boolean;
  /** For how long, in seconds, from when all are connected. */
  seconds: number;
}

/** What came of it. */
export interface Attacked {
  /** Bytes sent. */
  sent: number;
  /** How often one of them was hung up on. */
  hungUp: number;
}

/** Connections opened at a time: no more than wait to be accepted, or the system makes the next wait for a second. */
const STEP = 100;
/** How exactly a pace is kept, in milliseconds. */
const PACE_MS = 5;
const RECEIVE_BYTES = 256 * 1024;

/** Where a connection is. */
interface Attacker {
  /** Bytes of `first` still to be sent. */
  greeting: Uint8Array<ArrayBuffer>;
  /** Bytes of `again` sent so far. */
  sent: number;
  /** When it sends again, in milliseconds of `performance.now()`. */
  due: number;
}

/** Attacks. Blocks the thread. @param ready called once all are connected and have sent `first` */
export function attack(plan: Attack, ready: () => void): Attacked {
  using sockets = new Sockets();
  const { port, first, again, bytesEach, piece, everyMs, reads } = plan;
  const received = new Uint8Array(RECEIVE_BYTES);
  const attackers: Attacker[] = [];
  const done: Attacked = { sent: 0, hungUp: 0 };

  const begin = (socket: number) => {
    attackers[socket] = { greeting: first, sent: 0, due: performance.now() + Math.random() * everyMs };
  };
  const receive = (socket: number, gone: boolean) => {
    if (!gone && reads) {
      try {
        sockets.receive(socket, received);
        return;
      } catch {
        // It was hung up on.
      }
    }
    done.hungUp++;
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
    done.sent += sent;
    if (everyMs > 0) at.due += everyMs;
    if (bytesEach > 0 && at.sent >= bytesEach) begin(socket);
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
  ready();
  const end = performance.now() + plan.seconds * 1000;
  for (let now = performance.now(); now < end; now = performance.now()) {
    let sent = false;
    for (let socket = 0; socket < sockets.count; socket++) if (send(socket, now)) sent = true;
    sockets.wait(everyMs > 0 ? PACE_MS : sent ? 0 : 1, receive);
  }
  return done;
}
