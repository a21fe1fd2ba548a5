/**
 * One client's connection: bytes in, commands run, replies out in the order of the commands.
 *
 * Commands of a pipeline are started as they arrive, without waiting for each other, so that the store sees all of them
 * in one turn. Each reply has its place in a line; whatever is finished at the head of the line is written, once for
 * each turn of the event loop. A command that must run alone waits until the line is empty and holds back those behind
 * it. Reading goes on meanwhile, so that a hang-up is noticed; it stops when too much has been received and not begun.
 *
 * @module
 */
import { Decoder } from "../resp/decode.ts";
import { Output } from "../resp/encode.ts";
import { ProtocolError } from "../resp/protocol_error.ts";
import { ErrorReply, type Reply } from "../resp/reply.ts";
import type { Client } from "./client.ts";
import type { Okq } from "./okq.ts";

/** Commands begun and not answered at the most. */
const MAX_UNANSWERED = 4096;
/** Bytes of replies not yet written, beyond which no command is begun. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;
/** Bytes received while no command may begin, beyond which reading stops. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;
/** Arguments of this many bytes are kept however short the contents of events must be: the longest name or id. */
const MIN_ARGUMENT_BYTES = 1024;
/** How long a client may take to close its side after the last reply, in milliseconds. */
const LINGER_MS = 1000;

/** A command as far as a connection must know it. */
export interface Route {
  /** Whether it runs alone. */
  alone?: boolean;
}

/** Finds and runs commands. */
export interface Router<R extends Route = Route> {
  /** The command of this name, if there is one. */
  find(name: Uint8Array): R | undefined;
  /**
   * Runs a command, or says that there is none.
   * @param oversized length in bytes of an argument that was too long to keep, or 0
   */
  run(route: R | undefined, client: Client, argv: Uint8Array[], oversized: number): Reply | Promise<Reply>;
  /** The reply for what a command threw. */
  failed(error: unknown): ErrorReply;
}

/** The place of a reply in the line; without one until the command has finished. */
interface Slot {
  reply?: Reply;
}

/** A connected client and its socket. */
export class Connection implements Client {
  readonly since: number = Date.now();
  lastCommandAt: number = this.since;
  lastCommand = "";
  protocol: 2 | 3 = 2;
  name = "";
  libName = "";
  libVersion = "";
  queues: Uint8Array[] = [];
  turn = 0;

  #conn: Deno.Conn;
  #router: Router;
  #decoder: Decoder;
  #output = new Output();
  #slots: Slot[] = [];
  #answered = 0; // slots at the head that have been written
  #held: { route: Route; argv: Uint8Array[]; oversized: number } | undefined;
  #alone = false;
  #flushing = false;
  #writing = false;
  #closing = false;
  #closed = false;
  #gone: AbortController | undefined;
  #over = false; // nothing may wait for this client any more
  #linger: ReturnType<typeof setTimeout> | undefined;
  #room: (() => void) | undefined;

  /** @param id unique within the server */
  constructor(conn: Deno.Conn, readonly id: number, readonly okq: Okq, router: Router) {
    this.#conn = conn;
    this.#router = router;
    this.#decoder = new Decoder({ maxBulkBytes: Math.max(okq.maxEventBytes, MIN_ARGUMENT_BYTES) });
  }

  get addr(): string {
    return format(this.#conn.remoteAddr);
  }

  get laddr(): string {
    return format(this.#conn.localAddr);
  }

  get gone(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#over) this.#gone.abort();
    return this.#gone.signal;
  }

  /** Serves until either side closes; never rejects. */
  async serve(): Promise<void> {
    try {
      while (!this.#closed) {
        const n = await this.#conn.read(this.#decoder.space());
        if (n === null) break;
        if (this.#closing) continue; // what came after the last command does not matter
        this.#decoder.filled(n);
        this.#begin();
        while (this.#decoder.buffered > MAX_READ_AHEAD_BYTES && !this.#mayBegin() && !this.#closing) {
          await new Promise<void>((resolve) => this.#room = resolve);
        }
      }
    } catch {
      this.kill(); // reset by the client, or closed by us
    }
    await this.#finish();
  }

  closeAfterReply(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#stopWaiting();
    this.#flushSoon();
  }

  kill(): void {
    if (this.#closed) return;
    this.#closed = this.#closing = true;
    this.#stopWaiting();
    clearTimeout(this.#linger);
    this.#conn.close();
  }

  /** The client sends no more: what it waits for ends, what it has sent is still answered. */
  async #finish(): Promise<void> {
    this.#stopWaiting();
    while (!this.#closed && !this.#idle) await new Promise<void>((resolve) => this.#room = resolve);
    this.kill();
  }

  #stopWaiting(): void {
    this.#over = true;
    this.#gone?.abort();
    this.#makeRoom();
  }

  /** Everything begun has been answered and written. */
  get #idle(): boolean {
    return this.#unanswered === 0 && !this.#held && this.#output.length === 0 && !this.#writing;
  }

  get #unanswered(): number {
    return this.#slots.length - this.#answered;
  }

  #mayBegin(): boolean {
    return !this.#alone && !this.#held && !this.#closing && this.#unanswered < MAX_UNANSWERED &&
      this.#output.length < MAX_UNWRITTEN_BYTES;
  }

  /** Begins every command that has arrived and may begin. */
  #begin(): void {
    try {
      while (this.#mayBegin()) {
        const argv = this.#decoder.next();
        if (!argv) break;
        const { oversized } = this.#decoder;
        const route = this.#router.find(argv[0]);
        if (route?.alone && this.#unanswered > 0) this.#held = { route, argv, oversized };
        else this.#run(route, argv, oversized);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#answer(new ErrorReply(`ERR ${error.message}`));
      this.closeAfterReply();
    }
    if (this.#output.length > 0) this.#flushSoon();
  }

  #run(route: Route | undefined, argv: Uint8Array[], oversized: number): void {
    this.lastCommandAt = Date.now();
    const result = this.#router.run(route, this, argv, oversized);
    if (!(result instanceof Promise)) return this.#answer(result);
    const slot: Slot = {};
    this.#slots.push(slot);
    this.#alone = route?.alone ?? false;
    const answer = (reply: Reply) => {
      slot.reply = reply;
      this.#flushSoon();
    };
    result.then(answer, (error) => answer(this.#router.failed(error)));
  }

  #answer(reply: Reply): void {
    if (this.#unanswered === 0) this.#output.write(reply, this.protocol);
    else this.#slots.push({ reply });
  }

  /** After the microtasks queued so far, among them those of the other replies of this turn. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    while (this.#answered < this.#slots.length) {
      const { reply } = this.#slots[this.#answered];
      if (reply === undefined) break;
      this.#slots[this.#answered++] = DONE;
      this.#output.write(reply, this.protocol);
    }
    if (this.#answered === this.#slots.length) {
      this.#slots.length = this.#answered = 0;
      this.#alone = false;
      this.#runHeld();
    } else if (this.#answered >= MAX_UNANSWERED) {
      this.#slots.splice(0, this.#answered);
      this.#answered = 0;
    }
    if (!this.#writing && !this.#closed) this.#write();
  }

  #runHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held && !this.#closed) this.#run(held.route, held.argv, held.oversized);
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      do {
        let bytes = this.#output.take();
        while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
        this.#begin();
      } while (this.#output.length > 0);
    } catch {
      this.kill();
    }
    this.#writing = false;
    if (this.#closing && this.#idle) this.#closeGently();
    this.#makeRoom();
  }

  /** Closes this side and leaves the other a moment: closing with unread bytes could destroy the last replies. */
  #closeGently(): void {
    if (this.#closed || this.#linger !== undefined) return;
    this.#linger = setTimeout(() => this.kill(), LINGER_MS);
    this.#conn.closeWrite().catch(() => this.kill());
  }

  #makeRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }
}

const DONE: Slot = {};

function format(addr: Deno.Addr): string {
  if (!("hostname" in addr)) return "";
  return addr.hostname.includes(":") ? `[${addr.hostname}]:${addr.port}` : `${addr.hostname}:${addr.port}`;
}
