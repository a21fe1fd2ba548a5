/**
 * A relay between a client and okq that counts commands and fails on demand.
 *
 * @module
 */
import { Decoder } from "../../resp/decode.ts";
import type { Addr } from "../support/wire.ts";

/** The longest argument that it counts commands with, in bytes. */
const MAX_BYTES = 1 << 20;

/** A relay on a loopback port of its own. */
export class Tap implements AsyncDisposable {
  /** The commands that clients have sent, by their names. */
  readonly commands: string[] = [];
  /** The same with their arguments. */
  readonly sent: string[][] = [];
  /** How many connections were begun. */
  connections = 0;
  /** Whether new connections are turned away. */
  refusing = false;
  /** Whether the next reply is swallowed, and everything is cut instead. */
  swallowing = false;
  readonly #to: Addr;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  readonly #work = new Set<Promise<void>>();

  /** @param to the server */
  constructor(to: Addr) {
    this.#to = to;
    this.#keep(this.#accept());
  }

  /** Where it listens. */
  get addr(): Addr {
    return this.#listener.addr;
  }

  /** What clients are given. */
  get address(): string {
    return `127.0.0.1:${this.addr.port}`;
  }

  /** How many of the commands had this name. */
  count(name: string): number {
    return this.commands.filter((command) => command === name).length;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#work);
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch(() => {}).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.connections++;
      if (this.refusing) close(client);
      else this.#keep(this.#serve(client));
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#conns.add(client);
    const server = await Deno.connect(this.#to);
    this.#conns.add(server);
    const decoder = new Decoder({ maxBulkBytes: MAX_BYTES });
    const count = (bytes: Uint8Array): Uint8Array => {
      for (let rest = bytes; rest.length > 0;) {
        const space = decoder.space();
        const n = Math.min(space.length, rest.length);
        space.set(rest.subarray(0, n));
        decoder.filled(n);
        rest = rest.subarray(n);
        for (let argv = decoder.next(); argv; argv = decoder.next()) {
          const name = new TextDecoder().decode(argv[0]).toUpperCase();
          this.commands.push(name);
          this.sent.push(argv.map((arg) => new TextDecoder().decode(arg)));
        }
      }
      return bytes;
    };
    const watch = (bytes: Uint8Array): Uint8Array => {
      if (!this.swallowing) return bytes;
      this.swallowing = false;
      this.cut();
      return new Uint8Array(0);
    };
    await Promise.all([pump(client, server, count), pump(server, client, watch)]);
    this.#conns.delete(client);
    this.#conns.delete(server);
  }
}

/** Passes on what `see` makes of it. */
async function pump(from: Deno.Conn, to: Deno.Conn, see: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const chunk = new Uint8Array(65536);
  try {
    for (let n = await from.read(chunk); n !== null; n = await from.read(chunk)) {
      for (let rest = see(chunk.subarray(0, n)); rest.length > 0;) rest = rest.subarray(await to.write(rest));
    }
  } catch {
    // Either side is gone.
  }
  close(from);
  close(to);
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
