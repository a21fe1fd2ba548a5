/**
 * Many connections that do next to nothing.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { Sockets } from "./sockets.ts";

const REPLY_TIMEOUT_MS = 10_000;
/** Connections opened at a time; more would overflow the server's accept queue. */
const STEP = 500;

/** Connections that stay open until they are disposed of. Every method blocks the thread. */
export class Connections implements Disposable {
  #sockets = new Sockets();
  #buffer = new Uint8Array(4096);

  constructor(port: number, readonly count: number) {
    while (this.#sockets.count < count) {
      const first = this.#sockets.count;
      this.#sockets.connect(port, Math.min(STEP, count - first));
      this.#request(["PING"], first);
    }
  }

  /** Waits for a reply of one line on each connection. @throws {Error} if one is missing */
  request(...command: string[]): void {
    this.#request(command, 0);
  }

  /** Registers a queue on each connection and waits for its events. */
  waitFor(queue: string): void {
    this.request("QREGISTER", queue);
    for (let i = 0; i < this.count; i++) this.send(i, ["QNOTIFY", "3600"]);
  }

  send(connection: number, command: string[]): void {
    this.#sockets.send(connection, Uint8Array.from(encodeCommand(command)));
  }

  /** The connections that receive something within `ms`. */
  received(ms: number): number[] {
    const received: number[] = [];
    this.#sockets.wait(ms, (i) => {
      if (this.#sockets.receive(i, this.#buffer) > 0) received.push(i);
    });
    return received;
  }

  [Symbol.dispose](): void {
    this.#sockets[Symbol.dispose]();
  }

  #request(command: string[], first: number): void {
    for (let i = first; i < this.#sockets.count; i++) this.send(i, command);
    for (let left = this.#sockets.count - first; left > 0;) {
      const received = this.received(REPLY_TIMEOUT_MS).length;
      if (received === 0) throw new Error(`${left} connections got no reply to ${command[0]}`);
      left -= received;
    }
  }
}
