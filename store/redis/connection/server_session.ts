/**
 * A session with one Redis server: a connection for commands and one for long replies, which live and end together.
 *
 * @module
 */
import type { Client, ClientOptions } from "./client.ts";
import { type Args, errorFromConnection, FORBIDDEN, type ServerUse } from "./link.ts";
import { RedisConnection } from "./redis_connection.ts";
import { checkServer, type ServerCheck } from "./server_check.ts";
import type { Address } from "./url.ts";

type Use = Omit<ServerUse, "partition">;

export class ServerSession {
  /** By the last check. */
  hasLibrary = false;
  /** Rejects when a connection breaks, or when {@linkcode end} is called. */
  readonly ended: Promise<never>;
  /** Called when the user of okq lacks a permission for a command. */
  onForbidden: () => void = () => {};

  readonly #use: Use;
  readonly #commands: RedisConnection;
  readonly #longReplies: RedisConnection;
  readonly #reject: (reason: Error) => void;

  /** Not connected yet; once ended, it does not reconnect. */
  constructor(readonly address: Address, client: ClientOptions, use: Use) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.ended = promise;
    this.#reject = reject;
    this.#use = use;
    this.#commands = new RedisConnection(address, client, (reason) => this.end(reason));
    this.#longReplies = new RedisConnection(address, client, (reason) => this.end(reason));
  }

  /** @throws {Error} if the server cannot be reached, or refuses the login */
  async connect(): Promise<void> {
    await Promise.all([this.#commands.connect(), this.#longReplies.connect()]);
  }

  /**
   * @param isApart the replies are long
   * @throws {StoreUnavailable} as `send` of the link
   */
  send(commands: Args[], isApart = false): Promise<unknown[]> {
    return (isApart ? this.#longReplies : this.#commands).send(commands).catch((error) => {
      if (error instanceof Error && FORBIDDEN.test(error.message)) this.onForbidden();
      throw errorFromConnection(error, this.#use.server);
    });
  }

  /**
   * Checks that okq can use the server.
   * @param subscriber a connection for Pub/Sub
   * @param partition one that the server has
   * @throws {UnusableRedis}
   */
  async check(subscriber: Client, partition: number): Promise<ServerCheck> {
    const send = async (...args: Args) => (await this.#commands.send([args]))[0];
    const check = await checkServer(send, subscriber, { ...this.#use, partition });
    this.hasLibrary = check.hasLibrary;
    return check;
  }

  end(reason: Error): void {
    this.#reject(reason);
    this.#commands.close(reason);
    this.#longReplies.close(reason);
  }
}
