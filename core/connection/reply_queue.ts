/**
 * The replies of one connection, in the order of the commands. Each command has its place in the line; whatever is
 * finished at the head of the line is written, once for each turn of the event loop.
 *
 * @module
 */
import { Output } from "../../resp/encode.ts";
import type { Reply } from "../../resp/reply.ts";
import type { Socket } from "../net/listener.ts";

/** Bytes of replies not yet written, beyond which no command is begun. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;
/** Replies that are expected at once from commands whose replies may be large, in bytes. */
const EXPECTED_BYTES = 1024 * 1024;
/** How large replies are taken to be at least; such commands are 256 at once at the most. */
const MIN_EXPECTED_BYTES = EXPECTED_BYTES / 256;
/** How much of what was expected is expected after a smaller reply. */
const FADE = 1 / 2;
/** Places that are kept although their replies have gone, so that they are dropped together. */
const MANY_SLOTS = 4096;

/** The place of a reply; without one until the command has finished. */
export interface Slot {
  /** The reply. */
  reply?: Reply;
}

const DONE: Slot = {};

/** Whose replies they are. */
export interface ReplyListener {
  /** The protocol in force. */
  readonly protocol: 2 | 3;
  /** The socket took so many bytes. */
  bytesWritten(bytes: number): void;
  /** Replies have been answered or written: there may be room for more commands. */
  progressed(): void;
  /** The socket takes no more. */
  kill(): void;
}

/** A line of replies, and the one place that writes to the socket. */
export class ReplyQueue {
  #conn: Socket;
  #recipient: ReplyListener;
  #maxPipeline: number;
  #output = new Output();
  #slots: Slot[] = [];
  #answered = 0; // slots at the head that have gone to the output
  #expected = EXPECTED_BYTES; // the first is waited for
  #seen = 0; // how large those of late were
  #dropped = 0; // slots that were at the head before those
  #flushing = false;
  #writing = false;
  #written = 0;
  #unsent = 0; // bytes that the socket has not taken yet

  /**
   * @param conn written to, and never closed here
   * @param maxPipeline commands begun and not answered at the most
   */
  constructor(conn: Socket, recipient: ReplyListener, maxPipeline: number) {
    this.#conn = conn;
    this.#recipient = recipient;
    this.#maxPipeline = maxPipeline;
  }

  /** How many commands were ever given a place, of which those answered at once need none. */
  get begun(): number {
    return this.#dropped + this.#slots.length;
  }

  /** How many of those are answered. */
  get answered(): number {
    return this.#dropped + this.#answered;
  }

  /** How many bytes the socket has ever taken. */
  get written(): number {
    return this.#written;
  }

  /** The socket does not take what it was given, for now. */
  get blocked(): boolean {
    return this.#unsent > 0;
  }

  /** Bytes of replies that the socket has not taken; they are counted anew each time. */
  get pendingBytes(): number {
    let bytes = this.#unsent + this.#output.length;
    for (let i = this.#answered; i < this.#slots.length; i++) bytes += sizeOf(this.#slots[i].reply);
    return bytes;
  }

  /** No command waits for its reply. */
  get empty(): boolean {
    return this.#slots.length === this.#answered;
  }

  /** There is nothing left to do: no command waits for its reply, and all is written. */
  get idle(): boolean {
    return this.empty && this.#output.length === 0 && !this.#writing;
  }

  /** There is so much to do that no further command should be begun. */
  get full(): boolean {
    return this.#slots.length - this.#answered >= this.#maxPipeline || this.#output.length >= MAX_UNWRITTEN_BYTES;
  }

  /** How large the next reply may be, by those of late, in bytes; 0 before the first, for most are small. */
  get expectedBytes(): number {
    return this.#seen;
  }

  /** So many replies are to come that no further command should be begun whose reply may be large. */
  get largePipelineFull(): boolean {
    return (this.#slots.length - this.#answered) * this.#expected >= EXPECTED_BYTES;
  }

  /** Adds a reply at the end of the line. */
  push(reply: Reply): void {
    if (this.empty) this.#output.write(reply, this.#recipient.protocol);
    else this.#slots.push({ reply });
    this.flushSoon();
  }

  /** Adds a place at the end of the line, to be filled later. */
  reserve(): Slot {
    const slot: Slot = {};
    this.#slots.push(slot);
    return slot;
  }

  /** Puts a reply in its place. */
  fill(slot: Slot, reply: Reply): void {
    slot.reply = reply;
    this.flushSoon();
  }

  /** Writes after the microtasks queued so far, among them those of the other replies of this turn. */
  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    this.#encode();
    this.#recipient.progressed();
    if (!this.#writing && this.#output.length > 0) this.#write();
  }

  /** Takes finished replies off the head of the line for as long as there is room for them. */
  #encode(): void {
    while (!this.empty && this.#output.length < MAX_UNWRITTEN_BYTES) {
      const { reply } = this.#slots[this.#answered];
      if (reply === undefined) break;
      this.#slots[this.#answered++] = DONE;
      const before = this.#output.length;
      this.#output.write(reply, this.#recipient.protocol);
      const size = this.#output.length - before;
      if (size > this.#expected) this.#expected = size;
      else if (this.#expected > MIN_EXPECTED_BYTES) this.#expected *= FADE;
      this.#seen = Math.max(size, this.#seen * FADE);
    }
    if (this.empty || this.#answered >= MANY_SLOTS) {
      this.#slots.splice(0, this.#answered);
      this.#dropped += this.#answered;
      this.#answered = 0;
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#output.length > 0) {
        let bytes = this.#output.take();
        while (bytes.length > 0) {
          this.#unsent = bytes.length;
          const taken = await this.#conn.write(bytes);
          this.#written += taken;
          this.#recipient.bytesWritten(taken);
          bytes = bytes.subarray(taken);
        }
        this.#unsent = 0;
        if (!this.empty) this.#encode(); // what there was no room for
      }
    } catch {
      this.#recipient.kill();
    }
    this.#writing = false;
    this.#recipient.progressed();
  }
}

/** About how many bytes a reply takes. */
function sizeOf(reply: Reply | undefined): number {
  if (reply instanceof Uint8Array || typeof reply === "string") return reply.length;
  if (Array.isArray(reply)) return reply.reduce<number>((sum, item) => sum + sizeOf(item), 0);
  return 0;
}
