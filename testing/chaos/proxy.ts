/**
 * A network that fails on demand: a relay between okq and Redis that can cut connections, hold bytes back in either
 * direction, and turn new connections away.
 *
 * @module
 */
import type { Addr } from "../../tests/support/wire.ts";

/** Which bytes: those for the server, those from it. */
export type Direction = "requests" | "replies";

/** A pair of connections. */
interface Pair {
  client: Deno.TcpConn;
  server: Deno.TcpConn;
}

/** A relay of TCP connections, on a loopback port of its own. */
export class Relay implements AsyncDisposable {
  readonly #to: Addr;
  readonly #listener: Deno.TcpListener;
  readonly #pairs = new Set<Pair>();
  readonly #pumps = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #held: Partial<Record<Direction, PromiseWithResolvers<void>>> = {};
  #refusing = false;
  /** Bytes of replies that may still pass before everything is cut. */
  #allowance = Infinity;
  #cut: () => void = () => {};

  /** @param to the server */
  constructor(to: Addr) {
    this.#to = to;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  /** Where clients connect to. */
  get addr(): Addr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /** Cuts every connection. What is held back is lost. */
  cut(): void {
    for (const pair of this.#pairs) this.#close(pair);
  }

  /** Cuts every connection in the middle of a reply: after so many more bytes from the server. */
  async cutAfter(bytes: number): Promise<void> {
    this.#allowance = bytes;
    await new Promise<void>((resolve) => this.#cut = resolve);
  }

  /** Holds bytes back. Connections stay, and new ones are taken, as with a host that has gone silent. */
  hold(...directions: Direction[]): void {
    for (const direction of directions) this.#held[direction] ??= Promise.withResolvers<void>();
  }

  /** Lets go of what is held back. */
  release(): void {
    for (const held of Object.values(this.#held)) held.resolve();
    this.#held = {};
  }

  /** Turns new connections away, or takes them again. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Cuts everything and takes nothing any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.release();
    this.cut();
    await this.#accepting;
    await Promise.all(this.#pumps);
  }

  async #accept(): Promise<void> {
    while (true) {
      let client: Deno.TcpConn;
      try {
        client = await this.#listener.accept();
      } catch {
        return; // closed
      }
      const serving = this.#serve(client);
      this.#pumps.add(serving);
      serving.finally(() => this.#pumps.delete(serving));
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      if (this.#refusing) throw new Error("Connections are turned away");
      server = await Deno.connect(this.#to);
    } catch {
      client.close();
      return;
    }
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const end of [client, server]) end.setNoDelay(true);
    await Promise.all([this.#pump(pair, "requests"), this.#pump(pair, "replies")]);
  }

  /** Passes bytes on in one direction until either side is gone. */
  async #pump(pair: Pair, direction: Direction): Promise<void> {
    const [from, to] = direction === "requests" ? [pair.client, pair.server] : [pair.server, pair.client];
    const chunk = new Uint8Array(65536);
    try {
      for (let n = await from.read(chunk); n !== null; n = await from.read(chunk)) {
        await this.#held[direction]?.promise;
        const passing = direction === "replies"
          ? chunk.subarray(0, Math.min(n, this.#allowance))
          : chunk.subarray(0, n);
        for (let rest = passing; rest.length > 0;) rest = rest.subarray(await to.write(rest));
        if (direction === "replies" && (this.#allowance -= passing.length) <= 0) {
          this.#allowance = Infinity;
          this.cut();
          this.#cut();
        }
      }
    } catch {
      // One side was closed or has broken: so is the other.
    }
    this.#close(pair);
  }

  #close(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    for (const end of [pair.client, pair.server]) {
      try {
        end.close();
      } catch {
        // It is closed already.
      }
    }
  }
}
