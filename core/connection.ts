/**
 * One client's connection: bytes in, commands run, replies out.
 *
 * Commands of a pipeline are begun as they arrive, without waiting for each other, so that the store sees all of them in
 * one turn. A command that must run alone waits until all before it are answered, and holds back those behind it. Reading
 * goes on meanwhile, so that a hang-up is noticed; it stops when too much has been received and not begun.
 *
 * @module
 */
import { Decoder } from "../resp/decode.ts";
import { ProtocolError } from "../resp/protocol_error.ts";
import { ErrorReply, type Reply } from "../resp/reply.ts";
import type { User } from "./access/user.ts";
import type { Client } from "./client.ts";
import type { Okq } from "./okq.ts";
import { type Recipient, ReplyLine } from "./reply_line.ts";
import type { Socket } from "./sockets.ts";

/** Bytes received while no command may begin, beyond which reading stops. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;
/** Arguments of this many bytes are kept however short the contents of events must be: the longest name or id. */
const MIN_ARGUMENT_BYTES = 1024;
/** Why what waits for a client ends; made once, for an abort without a reason would make an error with its stack each time. */
const GONE = "The client is gone";
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

/** A connected client and its socket. */
export class Connection implements Client, Recipient {
  readonly since: number = Date.now();
  lastCommandAt: number = this.since;
  lastCommand = "";
  user: User | undefined;
  protocol: 2 | 3 = 2;
  name = "";
  libName = "";
  libVersion = "";
  queues: Uint8Array[] = [];
  turn = 0;

  #conn: Socket;
  #router: Router;
  #decoder: Decoder;
  #replies: ReplyLine;
  #held: { route: Route; argv: Uint8Array[]; oversized: number } | undefined; // must run alone, and cannot yet
  #alone = false; // a command runs that must run alone
  #over = false; // nothing may wait for this client any more
  #closing = false; // no command is begun any more
  #closed = false;
  #gone: AbortController | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #resume: (() => void) | undefined;

  /** @param id unique within the server */
  constructor(conn: Socket, readonly id: number, readonly okq: Okq, router: Router) {
    this.#conn = conn;
    this.#router = router;
    this.user = okq.access.guest;
    this.#decoder = new Decoder({ maxBulkBytes: Math.max(okq.maxEventBytes, MIN_ARGUMENT_BYTES) });
    this.#replies = new ReplyLine(conn, this);
  }

  get addr(): string {
    return format(this.#conn.remoteAddr);
  }

  get laddr(): string {
    return format(this.#conn.localAddr);
  }

  get gone(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#over) this.#gone.abort(GONE);
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
        while (this.#decoder.buffered > MAX_READ_AHEAD_BYTES && !this.#mayBegin && !this.#closing) {
          await this.#progress();
        }
      }
      // The client sends no more: what it waits for ends, what it has sent is still answered.
      this.#stopWaiting();
      while (!this.#closed && (this.#held || !this.#replies.idle)) await this.#progress();
    } catch {
      // Reset by the client, or closed by us.
    }
    this.kill();
  }

  closeAfterReply(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#stopWaiting();
    this.#replies.flushSoon();
  }

  kill(): void {
    if (this.#closed) return;
    this.#closed = this.#closing = true;
    this.#stopWaiting();
    clearTimeout(this.#linger);
    this.#conn.close();
  }

  progressed(): void {
    if (this.#closed) return;
    if (this.#replies.empty) {
      this.#alone = false;
      const held = this.#held;
      this.#held = undefined;
      if (held) this.#run(held.route, held.argv, held.oversized);
    }
    this.#begin();
    if (this.#closing && !this.#held && this.#replies.idle) this.#closeGently();
    this.#resume?.();
  }

  broken(): void {
    this.kill();
  }

  get #mayBegin(): boolean {
    return !this.#alone && !this.#held && !this.#closing && !this.#replies.full;
  }

  /** Begins every command that has arrived and may begin. */
  #begin(): void {
    try {
      while (this.#mayBegin) {
        const argv = this.#decoder.next();
        if (!argv) break;
        const { oversized } = this.#decoder;
        const route = this.#router.find(argv[0]);
        if (route?.alone && !this.#replies.empty) this.#held = { route, argv, oversized };
        else this.#run(route, argv, oversized);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#replies.put(new ErrorReply(`ERR ${error.message}`));
      this.closeAfterReply();
    }
  }

  #run(route: Route | undefined, argv: Uint8Array[], oversized: number): void {
    this.lastCommandAt = Date.now();
    const result = this.#router.run(route, this, argv, oversized);
    if (!(result instanceof Promise)) return this.#replies.put(result);
    this.#alone = route?.alone ?? false;
    const answer = this.#replies.reserve();
    result.then(answer, (error) => answer(this.#router.failed(error)));
  }

  /** Ends what waits for this client, and whatever comes to wait later. */
  #stopWaiting(): void {
    this.#over = true;
    this.#gone?.abort(GONE);
    this.#resume?.();
  }

  /** Resolves when something has been answered or written, or the end has come. */
  #progress(): Promise<void> {
    return new Promise((resolve) => this.#resume = resolve);
  }

  /** Closes this side and leaves the other a moment: closing with unread bytes could destroy the last replies. */
  #closeGently(): void {
    if (this.#linger !== undefined) return;
    this.#linger = setTimeout(() => this.kill(), LINGER_MS);
    this.#conn.closeWrite().catch(() => this.kill());
  }
}

function format(addr: Deno.Addr): string {
  if (!("hostname" in addr)) return "";
  return addr.hostname.includes(":") ? `[${addr.hostname}]:${addr.port}` : `${addr.hostname}:${addr.port}`;
}
