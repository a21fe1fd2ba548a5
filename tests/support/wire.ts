/**
 * A client that sends exactly the given bytes, and returns replies in a form that tests can compare.
 *
 * @module
 */
import { Buffer } from "../../deps.ts";
import { ReplyReader } from "../../resp/client/decode_reply.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { ErrorReply, type Reply, Status } from "../../resp/reply.ts";

/** The address of a server. */
export interface Addr {
  /** A host name or an IP address. */
  hostname: string;
  port: number;
}

/**
 * A reply in readable form: bulk strings as text with one character for each byte, status and error replies as `+OK` and
 * `-ERR …`, and all others as they are.
 */
export type Shown = string | number | null | Shown[] | Map<string, Shown>;

const encoder = new TextEncoder();

/** Converts text with one character for each byte into bytes. @throws {RangeError} for a character above U+00FF */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 255) throw new RangeError(`Not a byte: ${JSON.stringify(character)}`);
    return code;
  });
}

/** Converts bytes into text with one character for each byte. */
export function latin1(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
}

/** Converts a reply into its readable form. */
export function show(reply: Reply): Shown {
  if (reply instanceof Status) return `+${reply.text}`;
  if (reply instanceof ErrorReply) return `-${reply.text}`;
  if (reply instanceof Uint8Array) return latin1(reply);
  if (Array.isArray(reply)) return reply.map(show);
  if (reply instanceof Map) return new Map([...reply].map(([key, value]) => [key, show(value)]));
  return reply;
}

/** A connection. It reads from its socket only while a caller waits for a reply; calls are served in their order. */
export class Wire implements AsyncDisposable {
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  readonly #reader = new ReplyReader();
  /** Bytes that were received and are not yet passed to `#reader`. */
  #received = new Uint8Array(0);
  #lastRead: Promise<unknown> = Promise.resolve();

  /** Use {@linkcode connect}. */
  constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    this.#connection = connection;
  }

  /** The client's address, `host:port`. */
  get addr(): string {
    const { hostname, port } = this.#connection.localAddr as Deno.NetAddr;
    return `${hostname}:${port}`;
  }

  /** The server's address. */
  get server(): Addr {
    return this.#connection.remoteAddr as Deno.NetAddr;
  }

  /** Sends bytes; a string is sent as UTF-8. */
  async raw(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === "string" ? encoder.encode(data) : data;
    while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
  }

  /** Sends a command. Resolves when it is written. */
  async send(...args: (string | Uint8Array)[]): Promise<void> {
    await this.raw(encodeCommand(args));
  }

  /** Sends commands in one write, so that the server begins them together, whatever else the machine does. */
  async sendTogether(...commands: (string | Uint8Array)[][]): Promise<void> {
    await this.raw(Buffer.concat(commands.map(encodeCommand)));
  }

  /** Receives the next reply. */
  reply(): Promise<Reply> {
    return this.#serialize(async () => {
      while (true) {
        this.#reader.feed(this.#received);
        this.#received = new Uint8Array(0);
        const reply = this.#reader.next();
        if (reply !== undefined) return reply;
        if (!await this.#receive()) throw new Error("Reading a reply failed: the server closed the connection");
      }
    });
  }

  /** Receives the next reply, in readable form. */
  async shown(): Promise<Shown> {
    return show(await this.reply());
  }

  /** Sends a command and receives the next reply, which is that of the command if no other is pending. */
  async command(...args: (string | Uint8Array)[]): Promise<Shown> {
    await this.send(...args);
    return await this.shown();
  }

  /** Sends bytes, as of an inline command, and receives the next reply. */
  async exchange(data: string | Uint8Array): Promise<Shown> {
    await this.raw(data);
    return await this.shown();
  }

  /**
   * Receives `count` bytes, or fewer if the server closes the connection. Must not follow a `reply` while other replies
   * are pending, because the reader may hold their first bytes.
   */
  readRaw(count: number): Promise<string> {
    return this.#serialize(async () => {
      while (this.#received.length < count && await this.#receive());
      return this.#consume(count);
    });
  }

  /** Receives a line, and returns it without its end. The restriction of `readRaw` applies. */
  readLine(): Promise<string> {
    return this.#serialize(async () => {
      while (!latin1(this.#received).includes("\r\n")) {
        if (!await this.#receive()) throw new Error("Reading a line failed: the server closed the connection");
      }
      return this.#consume(latin1(this.#received).indexOf("\r\n") + 2).slice(0, -2);
    });
  }

  /** Waits until the server closes the connection. Resolves to the bytes received until then. */
  closed(): Promise<string> {
    return this.#serialize(async () => {
      while (await this.#receive());
      return this.#consume(this.#received.length);
    });
  }

  /** Closes the sending side. Replies can still be received. */
  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Closes the connection. */
  close(): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Closes the connection. A pending read fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#lastRead.catch(() => {});
  }

  /** Runs a read after those before it. */
  #serialize<T>(read: () => Promise<T>): Promise<T> {
    const result = this.#lastRead.then(read, read);
    this.#lastRead = result;
    return result;
  }

  #consume(count: number): string {
    const consumed = this.#received.subarray(0, count);
    this.#received = this.#received.slice(count);
    return latin1(consumed);
  }

  /** Reads from the socket once. Resolves to false if the connection was closed or reset. */
  async #receive(): Promise<boolean> {
    const chunk = new Uint8Array(65536);
    try {
      const count = await this.#connection.read(chunk);
      if (count === null) return false;
      const received = new Uint8Array(this.#received.length + count);
      received.set(this.#received);
      received.set(chunk.subarray(0, count), this.#received.length);
      this.#received = received;
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

/** The authorities that a client trusts, and its own certificate. */
export type TlsOptions =
  | Omit<Deno.ConnectTlsOptions, "port" | "hostname">
  | (
    & Omit<Deno.ConnectTlsOptions, "port" | "hostname">
    & Deno.TlsCertifiedKeyPem
  );
