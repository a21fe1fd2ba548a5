/**
 * Locates the master by asking Sentinels.
 *
 * @module
 */
import { StoreUnavailable } from "../../store.ts";
import { type Address, formatAddress } from "./url.ts";
import { type ClientOptions, newClient } from "./client.ts";
import { withStoreTimeout } from "./link.ts";
import type { Locator } from "./single_link.ts";

/** Time limit for one Sentinel; then the next is asked. */
const ANSWER_TIMEOUT_MS = 500;

export class Sentinels implements Locator {
  readonly recheckMs = 1000;
  #addresses: Address[];
  #client: ClientOptions;
  #master: string;

  constructor(addresses: Address[], client: ClientOptions, master: string) {
    this.#addresses = addresses;
    this.#client = client;
    this.#master = master;
  }

  /**
   * Asks the Sentinels in turn, first the one that answered last.
   * @throws {StoreUnavailable} if none answers
   */
  async locate(): Promise<Address> {
    const reasons: string[] = [];
    for (const address of this.#addresses) {
      try {
        const master = await this.#ask(address);
        this.#addresses = [address, ...this.#addresses.filter((other) => other !== address)];
        return master;
      } catch (error) {
        reasons.push(`${formatAddress(address)}: ${error instanceof Error ? error.message : error}`);
      }
    }
    throw new StoreUnavailable(`no Sentinel knows where ${this.#master} is (${reasons.join("; ")})`, false);
  }

  async #ask(address: Address): Promise<Address> {
    const sentinel = newClient(address, this.#client);
    sentinel.on("error", () => {}); // connect() rejects with it
    const ask = async () => {
      await sentinel.connect();
      return await sentinel.sendCommand(["SENTINEL", "get-master-addr-by-name", this.#master]);
    };
    try {
      const reply = await withStoreTimeout(ask(), ANSWER_TIMEOUT_MS, () => "no answer in time");
      if (!Array.isArray(reply)) throw new Error(`it knows no master called ${this.#master}`);
      return { host: String(reply[0]), port: Number(reply[1]) };
    } finally {
      if (sentinel.isOpen) sentinel.destroy();
    }
  }
}
