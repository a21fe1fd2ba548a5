/**
 * A connection with TLS, over one without, that is read and written as Deno's own are.
 *
 * `node:tls` does it, because `Deno.listenTls` can neither ask clients for a certificate nor change its own without
 * closing the port. It is given a stream of ours in place of a socket, because over a socket it reads as fast as a client
 * can send, whether or not somebody takes what it has read. The stream reads only when all that came before is taken.
 *
 * @module
 */
import { Buffer, createTlsServer, Duplex, type TlsSocket } from "../../deps.ts";
import type { Socket } from "./socket.ts";

/** How long a handshake may take, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** How long the last words of TLS may take to be written, in milliseconds. */
const CLOSE_MS = 1000;
/** Bytes read at once: what a record of TLS may hold. */
const BLOCK_BYTES = 16 * 1024;

/** What is shown to clients, and what is asked of them. */
export interface TlsCredentials {
  /** The certificate and those that vouch for it. */
  cert: string;
  /** Its key. */
  key: string;
  /** Who must vouch for a client's certificate; without it clients need none. */
  ca?: string[];
}

/** A connection after its handshake. */
export class TlsSocketConnection implements Socket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  /** Resolves once nothing of it is left. */
  readonly closed: Promise<void>;
  readonly #socket: TlsSocket;
  readonly #duplex: SocketDuplex;
  #rest: Uint8Array = new Uint8Array(0); // taken from the socket, and not yet read
  #changed: () => void = () => {};
  #over = false; // nothing more will come
  #error: Error | undefined;

  private constructor(socket: TlsSocket, below: SocketDuplex) {
    this.#socket = socket;
    this.#duplex = below;
    this.localAddr = below.socket.localAddr;
    this.remoteAddr = below.socket.remoteAddr;
    this.closed = new Promise((resolve) => below.once("close", resolve));
    below.holdBack(() => socket.readableLength > 0);
    socket.on("readable", () => this.#changed());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    socket.on("error", (error) => this.#end(error));
  }

  /**
   * Shakes hands.
   * @param signal ends a handshake under way
   * @throws {Error} if that fails; then the connection is closed
   */
  static handshake(socket: Socket, pems: TlsCredentials, signal: AbortSignal): Promise<TlsSocketConnection> {
    const asks = pems.ca !== undefined;
    const below = new SocketDuplex(socket);
    // It listens nowhere: it is what node:tls has for a handshake that checks certificates.
    const server = createTlsServer({
      ...pems,
      requestCert: asks,
      rejectUnauthorized: asks,
      handshakeTimeout: HANDSHAKE_MS,
      allowHalfOpen: true,
    });
    return new Promise((resolve, reject) => {
      const end = () => below.destroy();
      signal.addEventListener("abort", end);
      server.on("secureConnection", (socket) => {
        signal.removeEventListener("abort", end);
        resolve(new TlsSocketConnection(socket, below));
      });
      const fail = (error: Error) => {
        below.destroy();
        reject(error);
      };
      server.on("tlsClientError", (error, socket) => {
        socket.destroy();
        fail(error);
      });
      below.on("close", () => signal.removeEventListener("abort", end));
      below.on("close", () => fail(new Error("The connection was closed before the handshake")));
      server.emit("connection", below);
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const chunk = this.#socket.read() as Buffer | null;
      this.#duplex.resumeReading();
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

  /** Says so to the other side first, unless that would have to wait. */
  close(): void {
    const socket = this.#socket;
    const atOnce = () => {
      socket.destroy();
      this.#duplex.destroy();
    };
    if (socket.destroyed || this.#duplex.destroyed || socket.writableLength > 0) return atOnce();
    const timer = setTimeout(atOnce, CLOSE_MS);
    this.#duplex.once("close", () => clearTimeout(timer));
    socket.end(atOnce);
  }

  #end(error?: Error): void {
    this.#over = true;
    this.#error ??= error;
    this.#changed();
  }
}

/** The connection below, as a stream that can be held back. */
class SocketDuplex extends Duplex {
  #full: (() => boolean) | undefined; // unset before the handshake
  #goOn: () => void = () => {};

  constructor(readonly socket: Socket) {
    super({ allowHalfOpen: true });
    this.on("error", () => {}); // whoever reads or writes above is told; without this nobody would be, and okq would end
  }

  /** Nothing is read while `full` says so; `goOn` asks it again. */
  holdBack(full: () => boolean): void {
    this.#full = full;
  }

  resumeReading(): void {
    this.#goOn();
  }

  override _read(): void {
    this.#readBlock().then((block) => {
      if (block === null && !this.#full) this.destroy(); // nobody else would notice before the handshake's time is up
      else this.push(block);
    }, (error) => this.destroy(error));
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writeAll(bytes).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#goOn();
    this.socket.close();
    done(error);
  }

  async #readBlock(): Promise<Buffer | null> {
    while (this.#full?.() && !this.destroyed) await new Promise<void>((resolve) => this.#goOn = resolve);
    if (this.destroyed) return null;
    const block = new Uint8Array(BLOCK_BYTES);
    const count = await this.socket.read(block);
    return count === null ? null : Buffer.from(block.buffer, 0, count);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.socket.write(rest));
  }
}
