/**
 * Many connections that do next to nothing.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { Sockets } from "./sockets.ts";

/** How long a server may take to answer a connection of a crowd, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Connections that stay open until disposed of. */
export class Crowd implements Disposable {
  #sockets = new Sockets();
  #received = new Uint8Array(4096);

  /** Opens them. */
  constructor(port: number, readonly count: number) {
    this.#sockets.connect(port, count);
  }

  /**
   * Has each send a command of which the reply takes one line, and waits for the replies.
   * @throws {Error} if one does not come
   */
  ask(...command: string[]): void {
    this.tell(command);
    for (let answers = 0; answers < this.count;) {
      const answered = this.answered(PATIENCE_MS);
      if (answered.length === 0) {
        throw new Error(`${this.count - answers} of ${this.count} got no answer to ${command[0]}`);
      }
      answers += answered.length;
    }
  }

  /** Has each register a queue and wait for its events. */
  waitFor(queue: string): void {
    this.ask("QREGISTER", queue);
    this.tell(["QNOTIFY", "3600"]);
  }

  /** Has one connection, or each, send a command. */
  tell(command: string[], only?: number): void {
    const bytes = Uint8Array.from(encodeCommand(command));
    for (let i = only ?? 0; i < (only === undefined ? this.count : only + 1); i++) this.#sockets.send(i, bytes);
  }

  /** The connections that received something, within so many milliseconds. Blocks the thread. */
  answered(ms: number): number[] {
    const answered: number[] = [];
    this.#sockets.wait(ms, (i) => {
      if (this.#sockets.receive(i, this.#received) > 0) answered.push(i);
    });
    return answered;
  }

  [Symbol.dispose](): void {
    this.#sockets[Symbol.dispose]();
  }
}
