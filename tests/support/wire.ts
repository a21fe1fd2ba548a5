/**
 * A client that says exactly what a test tells it to, and shows exactly what came back.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { ReplyReader } from "../../resp/client/decode_reply.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { ErrorReply, type Reply, Status } from "../../resp/reply.ts";

/** Where a server listens. */
export interface Addr {
  /** A name or an IP address. */
  hostname: string;
  /** The port. */
  port: number;
}

/**
 * A reply to be read by people: bulk strings with one character for each byte, `+OK` and `-ERR …` for one-line
 * answers, and everything else as it is.
 */
export type Shown = string | number | null | Shown[] | Map<string, Shown>;

const encoder = new TextEncoder();

/** The bytes of a string of one character for each byte. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 255) throw new RangeError(`Not a byte: ${JSON.stringify(character)}`);
    return code;
  });
}

/** The string of one character for each byte. */
export function latin1(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
}

/** A reply as {@linkcode Shown}. */
export function show(reply: Reply): Shown {
  if (reply instanceof Status) return `+${reply.text}`;
  if (reply instanceof ErrorReply) return `-${reply.text}`;
  if (reply instanceof Uint8Array) return latin1(reply);
  if (Array.isArray(reply)) return reply.map(show);
  if (reply instanceof Map) return new Map([...reply].map(([key, value]) => [key, show(value)]));
  return reply;
}

/** One connection. Replies are read only when they are asked for, one after the other. */
export class Wire implements AsyncDisposable {
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  readonly #reader = new ReplyReader();
  /** What has arrived and is not yet handed to `#reader`. */
  #arrived = new Uint8Array(0);
  #turn: Promise<unknown> = Promise.resolve();

  /** Use {@linkcode connect}. */
  constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    this.#connection = connection;
  }

  /** The client's own end, `host:port`. */
  get addr(): string {
    const { hostname, port } = this.#connection.localAddr as Deno.NetAddr;
    return `${hostname}:${port}`;
  }

  /** The server's end. */
  get server(): Addr {
    return this.#connection.remoteAddr as Deno.NetAddr;
  }

  /** Sends bytes as they are; a string is sent as UTF-8. */
  async raw(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === "string" ? encoder.encode(data) : data;
    while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
  }

  /** Sends one command and waits for nothing. */
  async send(...args: (string | Uint8Array)[]): Promise<void> {
    await this.raw(encodeCommand(args));
  }

  /** The next reply as the server meant it. */
  reply(): Promise<Reply> {
    return this.#inTurn(async () => {
      while (true) {
        this.#reader.feed(this.#arrived);
        this.#arrived = new Uint8Array(0);
        const reply = this.#reader.next();
        if (reply !== undefined) return reply;
        if (!await this.#more()) throw new Error("Reading a reply failed: the server closed the connection");
      }
    });
  }

  /** The next reply, to be read by people. */
  async shown(): Promise<Shown> {
    return show(await this.reply());
  }

  /** Sends one command; resolves to its reply if nothing is left to be read before it. */
  async command(...args: (string | Uint8Array)[]): Promise<Shown> {
    await this.send(...args);
    return await this.shown();
  }

  /** Sends an inline command or any other bytes; resolves to the next reply. */
  async say(data: string | Uint8Array): Promise<Shown> {
    await this.raw(data);
    return await this.shown();
  }

  /** The next `count` bytes, fewer if the connection ends before. Not to be mixed with pipelined replies, of which the reader may hold the beginning. */
  readRaw(count: number): Promise<string> {
    return this.#inTurn(async () => {
      while (this.#arrived.length < count && await this.#more());
      return this.#take(count);
    });
  }

  /** The next line, without its end. As for `readRaw`, not to be mixed with pipelined replies. */
  readLine(): Promise<string> {
    return this.#inTurn(async () => {
      while (!latin1(this.#arrived).includes("\r\n")) {
        if (!await this.#more()) throw new Error("Reading a line failed: the server closed the connection");
      }
      return this.#take(latin1(this.#arrived).indexOf("\r\n") + 2).slice(0, -2);
    });
  }

  /** Waits until the server closes the connection; resolves to all that came before it did. */
  closed(): Promise<string> {
    return this.#inTurn(async () => {
      while (await this.#more());
      return this.#take(this.#arrived.length);
    });
  }

  /** Says that nothing more will be sent, and goes on reading. */
  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Hangs up. */
  close(): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Hangs up; a reply that is still waited for fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#turn.catch(() => {});
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(read, read);
    this.#turn = result;
    return result;
  }

  #take(count: number): string {
    const taken = this.#arrived.subarray(0, count);
    this.#arrived = this.#arrived.slice(count);
    return latin1(taken);
  }

  /** Reads once. Resolves to false at the end, which a reset connection has come to as well. */
  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(65536);
    try {
      const count = await this.#connection.read(chunk);
      if (count === null) return false;
      const arrived = new Uint8Array(this.#arrived.length + count);
      arrived.set(this.#arrived);
      arrived.set(chunk.subarray(0, count), this.#arrived.length);
      this.#arrived = arrived;
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
  }
}

/** Connects to a server. */
export async function connect(addr: Addr): Promise<Wire> {
  return new Wire(await Deno.connect({ hostname: addr.hostname, port: addr.port }));
}

/** Connects to a server with TLS. @throws {Error} if either side does not trust the other */
export async function connectTls(addr: Addr, options: TlsOptions): Promise<Wire> {
  const connection = await Deno.connectTls({ hostname: "localhost", port: addr.port, ...options });
  try {
    await connection.handshake();
  } catch (error) {
    connection.close();
    throw error;
  }
  return new Wire(connection);
}

/** Whom a client trusts, and its own certificate. */
export type TlsOptions =
  | Omit<Deno.ConnectTlsOptions, "port" | "hostname">
  | (
    & Omit<Deno.ConnectTlsOptions, "port" | "hostname">
    & Deno.TlsCertifiedKeyPem
  );
