/**
 * A connection that asks one thing after the other.
 *
 * @module
 */
import { ReplyReader } from "../../resp/client/decode_reply.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { ErrorReply, type Reply } from "../../resp/reply.ts";
import { type Address, formatAddress } from "../internal/connection.ts";
import { messageOf, write } from "./console.ts";

/** A connection to a server, made when it is first needed, and again after it was lost. */
export class Link implements Disposable {
  readonly #address: Address;
  readonly #block = new Uint8Array(65_536);
  #connection: Deno.Conn | undefined;
  #reader = new ReplyReader();

  /** @param address where the server is */
  constructor(address: Address) {
    this.#address = address;
  }

  /**
   * Sends a command and waits for its reply.
   *
   * @throws {Error} in one line, if the server cannot be reached or hangs up
   */
  async ask(command: (Uint8Array | string)[]): Promise<Reply> {
    try {
      if (!this.#connection) {
        this.#connection = await connect(this.#address);
        this.#reader = new ReplyReader();
        await this.#logIn(this.#connection);
      }
      await write(this.#connection, encodeCommand(command));
      return await this.#read(this.#connection);
    } catch (error) {
      this[Symbol.dispose]();
      throw new Error(`Cannot ask okq at ${formatAddress(this.#address)}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #logIn(connection: Deno.Conn): Promise<void> {
    const { username = "default", password } = this.#address;
    if (password === undefined) return;
    await write(connection, encodeCommand(["AUTH", username, password]));
    const reply = await this.#read(connection);
    if (reply instanceof ErrorReply) throw new Error(reply.text);
  }

  async #read(connection: Deno.Conn): Promise<Reply> {
    for (;;) {
      const reply = this.#reader.next();
      if (reply !== undefined) return reply;
      const length = await connection.read(this.#block);
      if (length === null) throw new Error("The server closed the connection without a reply");
      this.#reader.feed(this.#block.subarray(0, length));
    }
  }
}

function connect({ hostname, port, tls }: Address): Promise<Deno.Conn> {
  if (!tls) return Deno.connect({ hostname, port });
  return Deno.connectTls({ hostname, port, caCerts: typeof tls === "object" ? tls.caCerts : undefined });
}
