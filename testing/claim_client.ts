/**
 * Claims large events without keeping their contents: it costs the machine little beside what it measures.
 *
 * @module
 */
import type { Addr } from "../tests/support/wire.ts";

export interface Delivered {
  id: string;
  receipt: string;
}

const BUFFER_BYTES = 1024 * 1024;
/** Longer strings are not kept. */
const MAX_KEPT_BYTES = 1024;
const LF = 0x0a;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class ClaimClient implements Disposable {
  readonly #socket: Deno.TcpConn;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  /** Received and not yet read. */
  #received: Uint8Array = this.#buffer.subarray(0, 0);

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  static async connect({ hostname, port }: Addr): Promise<ClaimClient> {
    return new ClaimClient(await Deno.connect({ hostname, port }));
  }

  /**
   * Sends a QCLAIM, which has no spaces in its arguments. Returns the events, or undefined after another reply.
   * @throws {Error} if the server closes the connection
   */
  async claim(command: string): Promise<Delivered[] | undefined> {
    await this.#socket.write(encoder.encode(`${command}\r\n`)); // an inline command
    const header = await this.#line();
    if (!/^\*\d+$/.test(header)) return undefined;
    const events: Delivered[] = [];
    for (let i = 0; i < Number(header.slice(1)); i++) {
      const row: string[] = [];
      const fields = Number((await this.#line()).slice(1));
      while (row.length < fields) row.push(await this.#value());
      events.push({ id: row[1], receipt: row[4] });
    }
    return events;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #value(): Promise<string> {
    const line = await this.#line();
    if (line[0] !== "$") return line.slice(1);
    const length = Number(line.slice(1));
    let kept = "";
    for (let left = length + 2; left > 0;) {
      if (this.#received.length === 0) await this.#receive();
      const part = this.#received.subarray(0, left);
      if (length <= MAX_KEPT_BYTES) kept += decoder.decode(part);
      this.#received = this.#received.subarray(part.length);
      left -= part.length;
    }
    return kept.slice(0, -2);
  }

  async #line(): Promise<string> {
    for (let line = "";;) {
      const end = this.#received.indexOf(LF);
      line += decoder.decode(this.#received.subarray(0, end < 0 ? undefined : end + 1));
      this.#received = this.#received.subarray(end < 0 ? this.#received.length : end + 1);
      if (end >= 0) return line.slice(0, -2);
      await this.#receive();
    }
  }

  async #receive(): Promise<void> {
    const bytes = await this.#socket.read(this.#buffer);
    if (bytes === null) throw new Error("Claiming failed: the server closed the connection");
    this.#received = this.#buffer.subarray(0, bytes);
  }
}
