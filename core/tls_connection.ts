/**
 * A connection of `node:tls` that is read and written as Deno's own are: only as much is read as is asked for.
 *
 * @module
 */
import type { Buffer, TlsSocket } from "../deps.ts";
import type { Socket } from "./sockets.ts";

/** A connection with TLS. */
export class TlsConnection implements Socket {
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: TlsSocket;
  #rest: Uint8Array = new Uint8Array(0); // taken from the socket, and not yet read
  #changed: () => void = () => {};
  #over = false; // nothing more will come
  #error: Error | undefined;

  /** @param socket after its handshake */
  constructor(socket: TlsSocket) {
    this.#socket = socket;
    this.localAddr = addr(socket.localAddress, socket.localPort);
    this.remoteAddr = addr(socket.remoteAddress, socket.remotePort);
    socket.on("readable", () => this.#changed());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    socket.on("error", (error) => this.#end(error));
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk !== null) this.#rest = chunk;
      else if (this.#error) throw this.#error;
      else if (this.#over) return null;
      else await new Promise<void>((resolve) => this.#changed = resolve);
    }
    const taken = this.#rest.subarray(0, into.length);
    into.set(taken);
    this.#rest = this.#rest.subarray(taken.length);
    return taken.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Deno.errors.BrokenPipe("The connection is closed"));
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(error?: Error): void {
    this.#over = true;
    this.#error ??= error;
    this.#changed();
  }
}

function addr(hostname = "", port = 0): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}
