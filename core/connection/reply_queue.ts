/**
 * The replies of one connection, in the order of its commands. Each pending command has a slot; finished ones at the
 * head are written together, once per event-loop turn.
 *
 * @module
 */
import { Output } from "../../resp/encode.ts";
import { type Reply, UNEXPECTED_ERROR } from "../../resp/reply.ts";
import type { Socket } from "../net/socket.ts";
import type { TurnBudget } from "./turn_budget.ts";

/** Encoded, unwritten bytes beyond which no command begins. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;
/** More would keep the event loop for a ms. */
const MAX_WRITE_BYTES = 256 * 1024;
/** Smallest write that counts against the budget of large writes. */
const LARGE_WRITE_BYTES = 16 * 1024;
/** Bytes of large writes between two pauses, of all connections. */
export const WRITE_BYTES_PER_TURN: number = 512 * 1024;
/** Bytes expected from pending large replies beyond which no further such command begins. */
const MAX_EXPECTED_BYTES = 1024 * 1024;
/** Smallest expected size of a large reply: 256 such commands may be pending. */
const MIN_EXPECTED_BYTES = MAX_EXPECTED_BYTES / 256;
/** Factor by which each smaller reply lowers the expectation. */
const DECAY = 1 / 2;
/** Written slots kept, to be removed together. */
const MAX_WRITTEN_SLOTS = 4096;

/** A reply that delivers events. */
export class Delivery {
  /**
   * @param end called once: with true when the system has taken all bytes of the reply, with false if the connection
   *   closed before
   * @param events what it delivers
   */
  constructor(
    readonly reply: Reply,
    readonly end: (delivered: boolean) => void,
    readonly events: readonly { meta: Uint8Array | null }[] = [],
  ) {}
}

export interface Slot {
  /** Undefined until the command has finished. */
  reply?: Reply;
  /** Ends a {@linkcode Delivery}. */
  end?: Delivery["end"];
}

const WRITTEN: Slot = {};

export interface ReplyListener {
  readonly protocol: 2 | 3;
  bytesWritten(bytes: number): void;
  /** Replies were encoded or written: there may be room for more commands. */
  progressed(): void;
  /** A reply could not be encoded; the client gets an error. */
  encodingFailed(error: unknown): void;
  kill(): void;
}

/** The only writer of the socket. */
export class ReplyQueue {
  readonly #socket: Socket;
  readonly #listener: ReplyListener;
  readonly #maxPipeline: number;
  readonly #writeBudget: TurnBudget;
  readonly #output = new Output();
  readonly #slots: Slot[] = [];
  #encoded = 0; // slots at the head whose replies are encoded
  #removed = 0; // slots that were at the head before those
  #largeBytes = MAX_EXPECTED_BYTES; // expected of a large reply; the first one runs alone
  #recentBytes = 0;
  #flushing = false;
  #writing = false;
  #written = 0;
  #unsent = 0; // bytes given to the socket and not yet accepted
  readonly #deliveries: { lastByte: number; end: Delivery["end"] }[] = []; // encoded, and not yet accepted
  #closed = false;

  /**
   * @param maxPipeline limit of pending commands
   * @param writeBudget of all connections, for large writes
   */
  constructor(socket: Socket, listener: ReplyListener, maxPipeline: number, writeBudget: TurnBudget) {
    this.#socket = socket;
    this.#listener = listener;
    this.#maxPipeline = maxPipeline;
    this.#writeBudget = writeBudget;
  }

  /** Commands that ever got a slot; those answered at once need none. */
  get begun(): number {
    return this.#removed + this.#slots.length;
  }

  /** Those of them that are answered. */
  get answered(): number {
    return this.#removed + this.#encoded;
  }

  /** Bytes that the socket has ever accepted. */
  get written(): number {
    return this.#written;
  }

  /** The socket has not yet accepted what was given to it. */
  get blocked(): boolean {
    return this.#unsent > 0;
  }

  /** Expensive to compute. */
  get pendingBytes(): number {
    let bytes = this.#unsent + this.#output.length;
    for (let i = this.#encoded; i < this.#slots.length; i++) bytes += sizeOf(this.#slots[i].reply);
    return bytes;
  }

  /** No reply is pending. */
  get empty(): boolean {
    return this.#slots.length === this.#encoded;
  }

  /** No reply is pending or unwritten. */
  get idle(): boolean {
    return this.empty && this.#output.length === 0 && !this.#writing;
  }

  /** No further command should begin. */
  get full(): boolean {
    return this.#slots.length - this.#encoded >= this.#maxPipeline || this.#output.length >= MAX_UNWRITTEN_BYTES;
  }

  /** No further command with a large reply should begin. */
  get fullOfLarge(): boolean {
    return (this.#slots.length - this.#encoded) * this.#largeBytes >= MAX_EXPECTED_BYTES;
  }

  /** Expected bytes of the next large reply, from the recent ones; 0 before the first, since most are small. */
  get expectedBytes(): number {
    return this.#recentBytes;
  }

  push(reply: Reply): void {
    if (this.empty) this.#append(reply);
    else this.#slots.push({ reply });
    this.flushSoon();
  }

  reserve(): Slot {
    const slot: Slot = {};
    this.#slots.push(slot);
    return slot;
  }

  fill(slot: Slot, result: Reply | Delivery): void {
    if (!(result instanceof Delivery)) slot.reply = result;
    else if (this.#closed) return result.end(false);
    else {
      slot.reply = result.reply;
      slot.end = result.end;
    }
    this.flushSoon();
  }

  /** Ends all deliveries; the socket accepts nothing any more. */
  close(): void {
    this.#closed = true;
    const pending = this.#slots.slice(this.#encoded);
    // The event given back last is the next to be popped.
    for (const { end } of [...this.#deliveries, ...pending].toReversed()) end?.(false);
    this.#deliveries.length = 0;
  }

  /** Writes after the microtasks queued now, among them other replies of this turn. */
  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#closed) return;
    this.#encode();
    this.#listener.progressed();
    if (!this.#writing && this.#output.length > 0) this.#write();
  }

  /** Encodes the finished replies at the head, as far as there is room. */
  #encode(): void {
    while (!this.empty && this.#output.length < MAX_UNWRITTEN_BYTES) {
      const { reply, end } = this.#slots[this.#encoded];
      if (reply === undefined) break;
      this.#slots[this.#encoded++] = WRITTEN;
      const before = this.#output.length;
      this.#append(reply);
      const after = this.#output.length;
      if (end) this.#deliveries.push({ lastByte: this.#written + this.#unsent + after, end });
      const size = after - before;
      if (size > this.#largeBytes) this.#largeBytes = size;
      else if (this.#largeBytes > MIN_EXPECTED_BYTES) this.#largeBytes *= DECAY;
      this.#recentBytes = Math.max(size, this.#recentBytes * DECAY);
    }
    if (this.empty || this.#encoded >= MAX_WRITTEN_SLOTS) {
      this.#slots.splice(0, this.#encoded);
      this.#removed += this.#encoded;
      this.#encoded = 0;
    }
  }

  #append(reply: Reply): void {
    try {
      this.#output.write(reply, this.#listener.protocol);
    } catch (error) {
      this.#listener.encodingFailed(error);
      this.#output.write(UNEXPECTED_ERROR, this.#listener.protocol);
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#output.length > 0 && !this.#closed) {
      let bytes = this.#output.take();
      while (bytes.length > 0) {
        this.#unsent = bytes.length;
        if (bytes.length >= LARGE_WRITE_BYTES && !await this.#mayWrite(Math.min(bytes.length, MAX_WRITE_BYTES))) break;
        let accepted = 0;
        try {
          accepted = await this.#socket.write(
            bytes.length > MAX_WRITE_BYTES ? bytes.subarray(0, MAX_WRITE_BYTES) : bytes,
          );
        } catch {
          this.#listener.kill(); // reset by the client, or closed by us
          break;
        }
        this.#accepted(accepted);
        bytes = bytes.subarray(accepted);
      }
      this.#unsent = 0;
      if (!this.empty && !this.#closed) this.#encode();
    }
    this.#writing = false;
    this.#listener.progressed();
  }

  /** Waits until the event loop may be kept for a large write. Returns false if the connection closes first. */
  async #mayWrite(bytes: number): Promise<boolean> {
    while (this.#writeBudget.exhausted && !this.#closed) {
      await new Promise<void>((resume) => this.#writeBudget.wait(bytes, resume));
    }
    if (!this.#closed) this.#writeBudget.spend(bytes);
    return !this.#closed;
  }

  #accepted(bytes: number): void {
    this.#written += bytes;
    this.#listener.bytesWritten(bytes);
    while (this.#deliveries.length > 0 && this.#deliveries[0].lastByte <= this.#written) {
      this.#deliveries.shift()!.end(true);
    }
  }
}

/** Approximate size in bytes. */
function sizeOf(reply: Reply | undefined): number {
  if (reply instanceof Uint8Array || typeof reply === "string") return reply.length;
  if (Array.isArray(reply)) return reply.reduce<number>((sum, item) => sum + sizeOf(item), 0);
  return 0;
}
