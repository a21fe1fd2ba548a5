/**
 * The replies of one connection, in the order of the commands. Each command has its place in the line; whatever is
 * finished at the head of the line is written, once for each turn of the event loop.
 *
 * @module
 */
import { Output } from "../resp/encode.ts";
import type { Reply } from "../resp/reply.ts";
import type { Socket } from "./sockets.ts";

/** Commands begun and not answered at the most. */
const MAX_UNANSWERED = 4096;
/** Bytes of replies not yet written, beyond which no command is begun. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

/** The place of a reply; without one until the command has finished. */
interface Slot {
  reply?: Reply;
}

const DONE: Slot = {};

/** Whose replies they are. */
export interface Recipient {
  /** The protocol in force. */
  readonly protocol: 2 | 3;
  /** Replies have been answered or written: there may be room for more commands. */
  progressed(): void;
  /** The socket takes no more. */
  broken(): void;
}

/** A line of replies, and the one place that writes to the socket. */
export class ReplyLine {
  #conn: Socket;
  #recipient: Recipient;
  #output = new Output();
  #slots: Slot[] = [];
  #answered = 0; // slots at the head that have gone to the output
  #flushing = false;
  #writing = false;

  /** @param conn written to, and never closed here */
  constructor(conn: Socket, recipient: Recipient) {
    this.#conn = conn;
    this.#recipient = recipient;
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
    return this.#slots.length - this.#answered >= MAX_UNANSWERED || this.#output.length >= MAX_UNWRITTEN_BYTES;
  }

  /** Adds a reply at the end of the line. */
  put(reply: Reply): void {
    if (this.empty) this.#output.write(reply, this.#recipient.protocol);
    else this.#slots.push({ reply });
    this.flushSoon();
  }

  /** Adds a place at the end of the line, and returns how to fill it. */
  reserve(): (reply: Reply) => void {
    const slot: Slot = {};
    this.#slots.push(slot);
    return (reply) => {
      slot.reply = reply;
      this.flushSoon();
    };
  }

  /** Writes after the microtasks queued so far, among them those of the other replies of this turn. */
  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    while (!this.empty) {
      const { reply } = this.#slots[this.#answered];
      if (reply === undefined) break;
      this.#slots[this.#answered++] = DONE;
      this.#output.write(reply, this.#recipient.protocol);
    }
    if (this.empty || this.#answered >= MAX_UNANSWERED) {
      this.#slots.splice(0, this.#answered);
      this.#answered = 0;
    }
    this.#recipient.progressed();
    if (!this.#writing && this.#output.length > 0) this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#output.length > 0) {
        let bytes = this.#output.take();
        while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
      }
    } catch {
      this.#recipient.broken();
    }
    this.#writing = false;
    this.#recipient.progressed();
  }
}
