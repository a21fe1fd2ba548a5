/**
 * The addresses of the servers, and which is next.
 *
 * @module
 */
import { Refused } from "../errors.ts";
import { backoff, delay } from "./backoff.ts";

export const DEFAULT_ADDRESS = "127.0.0.1:4777";

/** The password is wrong, there is none, or the user lacks a role or a queue. */
const DENIED = /^(WRONGPASS|NOAUTH|NOPERM) /;

/** How a client logs in, and whether it uses TLS. */
export interface Credentials {
  /** User name. Default: `default`. */
  username?: string;
  /** Without one the client does not log in. */
  password?: string;
  /** Whether to connect with TLS, or its settings. Default: false. */
  tls?: boolean | TlsSettings;
}

/** TLS settings of a client. */
export interface TlsSettings {
  /** Certificates of authorities to trust besides the system's, as PEM. */
  caCerts?: string[];
  /** The client's certificate as PEM, if the server requires one. */
  cert?: string;
  /** Private key of `cert`, as PEM. */
  key?: string;
}

export interface Address extends Credentials {
  /** Host name, or IP address without brackets. */
  hostname: string;
  port: number;
}

/** `host:port` or `[IPv6]:port`, else undefined. The server has its own: neither imports the other. */
export function parseAddress(text: string): Address | undefined {
  const [, ipv6, name, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= 65535 ? { hostname: ipv6 ?? name, port } : undefined;
}

export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether trying again cannot help: the server refuses the user, not just a command. */
export function isDenied(error: unknown): error is Refused {
  return error instanceof Refused && DENIED.test(error.message);
}

/** Stays with an address that works, and goes on to the next when it fails. */
export class Endpoints {
  readonly #addresses: Address[];
  #current = 0;
  #failures = 0;

  /** @throws {TypeError} if there is no address, or one cannot be read */
  constructor(addresses: string | readonly string[], { username, password, tls }: Credentials = {}) {
    this.#addresses = (typeof addresses === "string" ? [addresses] : addresses).map((text) => {
      const address = parseAddress(text);
      if (!address) throw new TypeError(`Cannot use ${JSON.stringify(text)} as an address: write host:port`);
      return { ...address, username, password, tls };
    });
    if (this.#addresses.length === 0) throw new TypeError("Cannot connect to okq: no address is given");
  }

  /**
   * Calls `open` with the current address, then the next ones, until one succeeds. Waits before each attempt once all
   * have failed in a row.
   *
   * @param onError receives each error of `open`
   * @returns undefined if the signal aborts first
   * @throws {Refused} if a server refuses the user
   */
  async connect<T>(
    open: (address: Address) => Promise<T>,
    signal: AbortSignal,
    onError: (error: unknown) => void,
  ): Promise<T | undefined> {
    while (!signal.aborted) {
      if (this.#failures >= this.#addresses.length) {
        await delay(backoff(this.#failures - this.#addresses.length + 1), signal);
        if (signal.aborted) break;
      }
      try {
        return await open(this.#addresses[this.#current]);
      } catch (error) {
        this.failed();
        if (isDenied(error)) throw error;
        onError(error);
      }
    }
    return undefined;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** The next attempt uses another address. */
  failed(): void {
    this.#failures++;
    this.#current = (this.#current + 1) % this.#addresses.length;
  }
}
