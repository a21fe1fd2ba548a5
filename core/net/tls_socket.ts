/**
 * A TLS connection over a plain one, with the interface of Deno's connections.
 *
 * It uses `node:tls`, because `Deno.listenTls` can neither ask clients for certificates nor replace its own without
 * closing the port. From a socket `node:tls` reads as fast as the client sends, even if nothing takes the data. So it
 * gets a stream that reads only when all earlier data is taken.
 *
 * @module
 */
import { Buffer, createTlsServer, Duplex, type TlsSocket } from "../../deps.ts";
import type { Socket } from "./socket.ts";

const HANDSHAKE_MS = 10_000;
/** Time limit for writing the closing alert. */
const CLOSE_MS = 1000;
/** Size of a read: the largest TLS record. */
const BLOCK_BYTES = 16 * 1024;

/** Certificates in PEM. */
export interface TlsCredentials {
  /** With its chain. */
  cert: string;
  key: string;
  /** Authorities of client certificates; without them clients need no certificate. */
  ca?: string[];
}

export class TlsSocketConnection implements Socket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  /** Resolves when the plain connection is closed. */
  readonly closed: Promise<void>;
  readonly #socket: TlsSocket;
  readonly #duplex: SocketDuplex;
  #unread: Uint8Array = new Uint8Array(0); // taken from the stream and not yet read
  #changed: () => void = () => {};
  #ended = false;
  #error: Error | undefined;

  private constructor(socket: TlsSocket, duplex: SocketDuplex) {
    this.#socket = socket;
    this.#duplex = duplex;
    this.localAddr = duplex.socket.localAddr;
    this.remoteAddr = duplex.socket.remoteAddr;
    this.closed = new Promise((resolve) => duplex.once("close", resolve));
    duplex.pauseWhile(() => socket.readableLength > 0);
    socket.on("readable", () => this.#changed());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    socket.on("error", (error) => this.#end(error));
  }

  /** @throws {Error} if it fails or is aborted; the connection is then closed */
  static handshake(socket: Socket, credentials: TlsCredentials, signal: AbortSignal): Promise<TlsSocketConnection> {
    const needsCertificate = credentials.ca !== undefined;
    const duplex = new SocketDuplex(socket);
    // This server does not listen: `node:tls` has no other handshake that checks client certificates.
    const server = createTlsServer({
      ...credentials,
      requestCert: needsCertificate,
      rejectUnauthorized: needsCertificate,
      handshakeTimeout: HANDSHAKE_MS,
      allowHalfOpen: true,
    });
    return new Promise((resolve, reject) => {
      const end = () => duplex.destroy();
      signal.addEventListener("abort", end);
      server.on("secureConnection", (socket) => {
        signal.removeEventListener("abort", end);
        resolve(new TlsSocketConnection(socket, duplex));
      });
      const fail = (error: Error) => {
        duplex.destroy();
        reject(error);
      };
      server.on("tlsClientError", (error, socket) => {
        socket.destroy();
        fail(error);
      });
      duplex.on("close", () => signal.removeEventListener("abort", end));
      duplex.on("close", () => fail(new Error("The connection was closed before the handshake")));
      server.emit("connection", duplex);
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#unread.length === 0) {
      const chunk = this.#socket.read() as Buffer | null;
      this.#duplex.resumeReading();
      if (chunk !== null) this.#unread = chunk;
      else if (this.#error) throw this.#error;
      else if (this.#ended) return null;
      else await new Promise<void>((resolve) => this.#changed = resolve);
    }
    const part = this.#unread.subarray(0, into.length);
    into.set(part);
    this.#unread = this.#unread.subarray(part.length);
    return part.length;
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

  /** Sends a closing alert first, unless data is still waiting to be written. */
  close(): void {
    const socket = this.#socket;
    const destroy = () => {
      socket.destroy();
      this.#duplex.destroy();
    };
    if (socket.destroyed || this.#duplex.destroyed || socket.writableLength > 0) return destroy();
    const timer = setTimeout(destroy, CLOSE_MS);
    this.#duplex.once("close", () => clearTimeout(timer));
    socket.end(destroy);
  }

  #end(error?: Error): void {
    this.#ended = true;
    this.#error ??= error;
    this.#changed();
  }
}

/** The plain connection as a stream whose reading can be paused. */
class SocketDuplex extends Duplex {
  #isPaused: (() => boolean) | undefined; // undefined before the handshake
  #resume: () => void = () => {};

  constructor(readonly socket: Socket) {
    super({ allowHalfOpen: true });
    this.on("error", () => {}); // readers and writers get the error; without a listener it would end the process
  }

  /** Pauses reading while `isPaused` returns true; {@linkcode resumeReading} checks it again. */
  pauseWhile(isPaused: () => boolean): void {
    this.#isPaused = isPaused;
  }

  resumeReading(): void {
    this.#resume();
  }

  override _read(): void {
    this.#readBlock().then((block) => {
      if (block === null && !this.#isPaused) this.destroy(); // otherwise the handshake would end only by its time limit
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
    this.#resume();
    this.socket.close();
    done(error);
  }

  async #readBlock(): Promise<Buffer | null> {
    while (this.#isPaused?.() && !this.destroyed) await new Promise<void>((resolve) => this.#resume = resolve);
    if (this.destroyed) return null;
    const block = new Uint8Array(BLOCK_BYTES);
    const count = await this.socket.read(block);
    return count === null ? null : Buffer.from(block.buffer, 0, count);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await this.socket.write(rest));
  }
}
