/**
 * TLS handshakes and certificates.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "../../deps.ts";
import { readFile } from "../util/files.ts";
import type { SecuritySettings } from "../config/security.ts";
import type { Socket } from "./socket.ts";
import { type TlsCredentials, TlsSocketConnection } from "./tls_socket.ts";

/** Concurrent handshakes; further connections are closed at once. */
const MAX_HANDSHAKES = 1000;

export type TlsFiles = Pick<SecuritySettings, "tlsCert" | "tlsKey" | "tlsCa">;

export class Tls {
  readonly #files: TlsFiles;
  #credentials: TlsCredentials;
  #handshakes = 0;
  #open = new Set<Promise<void>>();
  #closing = new AbortController();

  private constructor(files: TlsFiles, credentials: TlsCredentials) {
    this.#files = files;
    this.#credentials = credentials;
  }

  /** @throws {Error} if a file cannot be used */
  static async open(files: TlsFiles): Promise<Tls> {
    return new Tls(files, await readTlsCredentials(files));
  }

  /** @throws {Error} if it fails; the connection is then closed */
  async handshake(socket: Socket): Promise<Socket> {
    if (this.#closing.signal.aborted || this.#handshakes >= MAX_HANDSHAKES) {
      socket.close();
      throw new Error("Too many handshakes are in progress");
    }
    this.#handshakes++;
    try {
      const connection = await TlsSocketConnection.handshake(socket, this.#credentials, this.#closing.signal);
      this.#open.add(connection.closed);
      connection.closed.then(() => this.#open.delete(connection.closed));
      return connection;
    } finally {
      this.#handshakes--;
    }
  }

  /**
   * Reads the files again, for later connections.
   * @throws {Error} if they cannot be used; the old ones stay in force
   */
  async reload(): Promise<void> {
    this.#credentials = await readTlsCredentials(this.#files);
  }

  /** Ends the handshakes in progress. Open connections stay. */
  close(): void {
    this.#closing.abort();
  }

  /** Resolves when all connections are closed to the last byte. */
  async allClosed(): Promise<void> {
    await Promise.all(this.#open);
  }
}

/** @throws {Error} if a file cannot be read or used; otherwise only failing handshakes would show it */
export async function readTlsCredentials({ tlsCert, tlsKey, tlsCa }: TlsFiles): Promise<TlsCredentials> {
  const [cert, key, ca] = await Promise.all([tlsCert!, tlsKey!, tlsCa].map((path) => path && readFile(path)));
  const certificate = parse(tlsCert!, "a certificate", () => new X509Certificate(cert!));
  const privateKey = parse(tlsKey!, "a private key", () => createPrivateKey(key!));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`Cannot use ${tlsKey}: it is not the key of ${tlsCert}`);
  }
  if (tlsCa === undefined) return { cert: cert!, key: key! };
  const authorities = ca!.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [""];
  for (const one of authorities) parse(tlsCa, "certificates", () => new X509Certificate(one));
  return { cert: cert!, key: key!, ca: authorities };
}

function parse<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`Cannot use ${path}: it does not hold ${what} in PEM`, { cause: error });
  }
}
