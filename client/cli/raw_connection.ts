/**
 * The CLI's connection. Returns replies as they are: the library's driver makes status replies and bulk strings the
 * same.
 *
 * @module
 */
import { ReplyReader } from "../../resp/client/decode_reply.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { ErrorReply, type Reply } from "../../resp/reply.ts";
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { messageOf, write } from "./console.ts";

const READ_BYTES = 65_536;

/** Opened when it is first used, and again after it was lost. Commands wait for those before them. */
export class RawConnection implements Disposable {
  readonly #address: Address;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #connection: Deno.Conn | undefined;
  #reader = new ReplyReader();
  #last: Promise<unknown> = Promise.resolve();

  constructor(address: Address) {
    this.#address = address;
  }

  /** @throws {Error} one line: the server cannot be reached, closes the connection or refuses the login */
  send(command: (Uint8Array | string)[]): Promise<Reply> {
    const reply = this.#last.then(() => this.#send(command));
    this.#last = reply.catch(() => {});
    return reply;
  }

  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #send(command: (Uint8Array | string)[]): Promise<Reply> {
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
      throw new Error(`Cannot use okq at ${formatAddress(this.#address)}: ${messageOf(error)}`, { cause: error });
    }
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
      const length = await connection.read(this.#buffer);
      if (length === null) throw new Error("The server closed the connection without a reply");
      this.#reader.feed(this.#buffer.subarray(0, length));
    }
  }
}

function connect({ hostname, port, tls }: Address): Promise<Deno.Conn> {
  if (!tls) return Deno.connect({ hostname, port });
  return Deno.connectTls({ hostname, port, caCerts: typeof tls === "object" ? tls.caCerts : undefined });
}
