/**
 * A proxy between a client and okq that records commands and injects faults.
 *
 * @module
 */
import { Decoder } from "../../resp/decode.ts";
import type { Addr } from "./wire.ts";

/** The longest argument that it records, in bytes. */
const MAX_BYTES = 1 << 20;

/** The proxy. It listens on a free loopback port. */
export class CommandProxy implements AsyncDisposable {
  /** Names of the received commands, in upper case. */
  readonly names: string[] = [];
  /** The received commands with their arguments. */
  readonly commands: string[][] = [];
  /** Number of accepted connections. */
  connections = 0;
  /** Closes new connections at once. */
  refusing = false;
  /** Closes all connections instead of forwarding the next reply. */
  droppingReply = false;
  readonly #server: Addr;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  readonly #tasks = new Set<Promise<void>>();

  /** @param server the address of okq */
  constructor(server: Addr) {
    this.#server = server;
    this.#track(this.#accept());
  }

  /** Its address, `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Number of received commands with this name. */
  count(name: string): number {
    return this.names.filter((one) => one === name).length;
  }

  /** Closes all connections. */
  cut(): void {
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#tasks);
  }

  #track(task: Promise<void>): void {
    const tracked = task.catch(() => {}).finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.connections++;
      if (this.refusing) close(client);
      else this.#track(this.#serve(client));
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#conns.add(client);
    const server = await Deno.connect(this.#server);
    this.#conns.add(server);
    const decoder = new Decoder({ maxBulkBytes: MAX_BYTES });
    const record = (bytes: Uint8Array) => {
      for (let rest = bytes; rest.length > 0;) {
        const space = decoder.space();
        const length = Math.min(space.length, rest.length);
        space.set(rest.subarray(0, length));
        decoder.filled(length);
        rest = rest.subarray(length);
        for (let argv = decoder.next(); argv; argv = decoder.next()) {
          const command = argv.map((arg) => new TextDecoder().decode(arg));
          this.names.push(command[0].toUpperCase());
          this.commands.push(command);
        }
      }
      return true;
    };
    const passReply = () => {
      if (!this.droppingReply) return true;
      this.droppingReply = false;
      this.cut();
      return false;
    };
    await Promise.all([pump(client, server, record), pump(server, client, passReply)]);
    this.#conns.delete(client);
    this.#conns.delete(server);
  }
}

/** Forwards bytes until a connection is closed, without the chunks for which `passes` returns false. */
async function pump(from: Deno.Conn, to: Deno.Conn, passes: (bytes: Uint8Array) => boolean): Promise<void> {
  const buffer = new Uint8Array(65536);
  try {
    for (let length = await from.read(buffer); length !== null; length = await from.read(buffer)) {
      let rest = buffer.subarray(0, length);
      if (!passes(rest)) continue;
      while (rest.length > 0) rest = rest.subarray(await to.write(rest));
    }
  } catch {
    // Either connection was closed.
  }
  close(from);
  close(to);
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed before.
  }
}
