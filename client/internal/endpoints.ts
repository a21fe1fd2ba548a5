/**
 * The way to okq when there are several of them: stay with one that serves, and go on to the next when it does not.
 *
 * @module
 */
import { backoff, pause } from "./backoff.ts";
import type { Address, Credentials } from "./connection.ts";

/** Where okq listens unless told otherwise. */
export const DEFAULT_ADDRESS = "127.0.0.1:4777";

/** @throws {TypeError} if it is not `host:port` */
function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65535) {
    throw new TypeError(`Cannot use ${JSON.stringify(text)} as an address: write host:port`);
  }
  return { hostname: match[1] ?? match[2], port };
}

/** Addresses, and which of them is tried next. */
export class Endpoints {
  readonly #addresses: Address[];
  #place = 0;
  #failures = 0;

  /**
   * @param addresses each `host:port`; the first is preferred at the beginning only
   * @param credentials the same at each of them
   * @throws {TypeError} if there is none, or one is no address
   */
  constructor(addresses: string | readonly string[], { username, password, tls }: Credentials = {}) {
    const list = typeof addresses === "string" ? [addresses] : addresses;
    this.#addresses = list.map((text) => ({ ...parseAddress(text), username, password, tls }));
    if (this.#addresses.length === 0) throw new TypeError("Cannot connect to okq: no address is given");
  }

  /**
   * Opens something at the address whose turn it is, and goes on with the others until one works. After a round in which
   * all failed it pauses before each attempt.
   *
   * @param open rejects if the address is of no use now
   * @param failed told of each such error
   * @returns undefined if the signal is aborted before
   */
  async connect<T>(
    open: (address: Address) => Promise<T>,
    signal: AbortSignal,
    failed: (error: unknown) => void,
  ): Promise<T | undefined> {
    while (!signal.aborted) {
      if (this.#failures >= this.#addresses.length) {
        await pause(backoff(this.#failures - this.#addresses.length + 1), signal);
        if (signal.aborted) break;
      }
      try {
        return await open(this.#addresses[this.#place]);
      } catch (error) {
        this.failed();
        failed(error);
      }
    }
    return undefined;
  }

  /** The present address served: pauses begin anew. */
  served(): void {
    this.#failures = 0;
  }

  /** The present address does not serve any more. */
  failed(): void {
    this.#failures++;
    this.#place = (this.#place + 1) % this.#addresses.length;
  }
}
