/**
 * A TCP proxy between okq and Redis that fails on demand.
 *
 * @module
 */
import type { Addr } from "../../tests/support/wire.ts";

export type Direction = "requests" | "replies";

interface Pair {
  client: Deno.TcpConn;
  server: Deno.TcpConn;
}

export class FaultProxy implements AsyncDisposable {
  readonly #target: Addr;
  readonly #listener: Deno.TcpListener;
  readonly #pairs = new Set<Pair>();
  readonly #serving = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #held: Partial<Record<Direction, PromiseWithResolvers<void>>> = {};
  #refusing = false;
  #allowance = Infinity;
  #onCut: () => void = () => {};

  constructor(target: Addr) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accepting = this.#accept();
  }

  get addr(): Addr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /** Closes every connection and discards held bytes. */
  cut(): void {
    for (const pair of this.#pairs) this.#close(pair);
  }

  /** Closes every connection within a reply, after this number of bytes from the server; resolves then. */
  async cutAfter(bytes: number): Promise<void> {
    this.#allowance = bytes;
    await new Promise<void>((resolve) => this.#onCut = resolve);
  }

  /** Holds bytes back, like a host that has gone silent: connections stay open, new ones are accepted. */
  hold(...directions: Direction[]): void {
    for (const direction of directions) this.#held[direction] ??= Promise.withResolvers<void>();
  }

  release(): void {
    for (const held of Object.values(this.#held)) held.resolve();
    this.#held = {};
  }

  /** Closes new connections at once, or accepts them again. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.release();
    this.cut();
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  async #accept(): Promise<void> {
    while (true) {
      let client: Deno.TcpConn;
      try {
        client = await this.#listener.accept();
      } catch {
        return; // the listener is closed
      }
      const serving = this.#serve(client);
      this.#serving.add(serving);
      serving.finally(() => this.#serving.delete(serving));
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      if (this.#refusing) throw new Error("Connections are refused");
      server = await Deno.connect(this.#target);
    } catch {
      client.close();
      return;
    }
    const pair = { client, server };
    this.#pairs.add(pair);
    for (const end of [client, server]) end.setNoDelay(true);
    await Promise.all([this.#forward(pair, "requests"), this.#forward(pair, "replies")]);
  }

  async #forward(pair: Pair, direction: Direction): Promise<void> {
    const [from, to] = direction === "requests" ? [pair.client, pair.server] : [pair.server, pair.client];
    const chunk = new Uint8Array(65536);
    try {
      for (let n = await from.read(chunk); n !== null; n = await from.read(chunk)) {
        await this.#held[direction]?.promise;
        const length = direction === "replies" ? Math.min(n, this.#allowance) : n;
        for (let rest = chunk.subarray(0, length); rest.length > 0;) rest = rest.subarray(await to.write(rest));
        if (direction === "replies" && (this.#allowance -= length) <= 0) {
          this.#allowance = Infinity;
          this.cut();
          this.#onCut();
        }
      }
    } catch {
      // One end is closed or reset; the other is closed below.
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
