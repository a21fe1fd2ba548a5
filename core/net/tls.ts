/**
 * The handshakes of a server with TLS, and its certificates.
 *
 * @module
 */
import { createPrivateKey, X509Certificate } from "../../deps.ts";
import { readFile } from "../util/files.ts";
import type { SecuritySettings } from "../config/security.ts";
import type { Socket } from "./socket.ts";
import { type TlsCredentials, TlsSocketConnection } from "./tls_socket.ts";

/** Handshakes under way at the most; more connections are closed at once. */
const MAX_HANDSHAKES = 1000;

/** The files of certificates and keys. */
export type TlsFiles = Pick<SecuritySettings, "tlsCert" | "tlsKey" | "tlsCa">;

/** Shakes hands with many clients at once. */
export class Tls {
  readonly #files: TlsFiles;
  #credentials: TlsCredentials;
  #underWay = 0;
  #open = new Set<Promise<void>>();
  #closing = new AbortController();

  private constructor(files: TlsFiles, pems: TlsCredentials) {
    this.#files = files;
    this.#credentials = pems;
  }

  /** @throws {Error} in one line, if a file cannot be used */
  static async open(files: TlsFiles): Promise<Tls> {
    return new Tls(files, await readTlsCredentials(files));
  }

  /** Shakes hands over a connection. @throws {Error} if that fails; then the connection is closed */
  async handshake(socket: Socket): Promise<Socket> {
    if (this.#closing.signal.aborted || this.#underWay >= MAX_HANDSHAKES) {
      socket.close();
      throw new Error("Too many handshakes are under way");
    }
    this.#underWay++;
    try {
      const connection = await TlsSocketConnection.handshake(socket, this.#credentials, this.#closing.signal);
      this.#open.add(connection.closed);
      connection.closed.then(() => this.#open.delete(connection.closed));
      return connection;
    } finally {
      this.#underWay--;
    }
  }

  /**
   * Reads the files again, for the connections to come.
   * @throws {Error} if they cannot be used, and all stays as it was
   */
  async reload(): Promise<void> {
    this.#credentials = await readTlsCredentials(this.#files);
  }

  /** Ends the handshakes under way; connections that are through stay. */
  close(): void {
    this.#closing.abort();
  }

  /** Resolves once every connection has said its last words. */
  async allClosed(): Promise<void> {
    await Promise.all(this.#open);
  }
}

/**
 * Reads the certificate, its key and the authorities.
 * @throws {Error} if they cannot be read or used: a server would only notice when clients come, and refuse them all
 */
export async function readTlsCredentials({ tlsCert, tlsKey, tlsCa }: TlsFiles): Promise<TlsCredentials> {
  const [cert, key, ca] = await Promise.all([tlsCert!, tlsKey!, tlsCa].map((path) => path && readFile(path)));
  const certificate = checked(tlsCert!, "a certificate", () => new X509Certificate(cert!));
  const privateKey = checked(tlsKey!, "a private key", () => createPrivateKey(key!));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`Cannot use ${tlsKey}: it is not the key of ${tlsCert}`);
  }
  if (tlsCa === undefined) return { cert: cert!, key: key! };
  const authorities = ca!.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [""];
  for (const one of authorities) checked(tlsCa, "certificates", () => new X509Certificate(one));
  return { cert: cert!, key: key!, ca: authorities };
}

function checked<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`Cannot use ${path}: it does not hold ${what} in PEM`, { cause: error });
  }
}
