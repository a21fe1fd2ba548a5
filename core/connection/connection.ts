/**
 * One client's connection: bytes in, commands run, replies out.
 *
 * Commands of a pipeline are begun as they arrive, without waiting for each other, so that the store sees all of them in
 * one turn. One that must run alone waits until all before it are answered, and holds back those behind it. Reading goes on
 * meanwhile, so that a hang-up is noticed; it stops when too much is received and not begun, but not while one waits long.
 *
 * @module
 */
import { Decoder } from "../../resp/decode.ts";
import { ProtocolError } from "../../resp/protocol_error.ts";
import { ErrorReply } from "../../resp/reply.ts";
import type { User } from "../auth/user.ts";
import { formatAddr } from "../util/address.ts";
import { Admission } from "./scheduling.ts";
import type { ClientContext } from "../client_context.ts";
import type { ServerContext } from "../server_context.ts";
import { MemoryShare } from "./memory_limit.ts";
import { LARGE_READ_BYTES, MAX_READ_BYTES } from "./read_budget.ts";
import { CHECK_INTERVAL_MS, Timeouts } from "./timeouts.ts";
import { type ReplyListener, ReplyQueue } from "./reply_queue.ts";
import { type ConnectionDeps, isExclusive, type Route } from "./router.ts";
import type { Socket } from "../net/listener.ts";

/** Bytes received while no command may begin, beyond which reading stops. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;
/** Why what waits for a client ends; made once, for an abort without a reason would make an error with its stack each time. */
const GONE = "The client is gone";
/** How long a client may take to close its side after the last reply, in milliseconds. */
const LINGER_MS = 1000;

/** A connected client and its socket. */
export class Connection implements ClientContext, ReplyListener {
  readonly addr: string;
  readonly laddr: string;
  readonly connectedAt: number = Date.now();
  lastCommandAt: number = this.connectedAt;
  lastCommand = "";
  protocol: 2 | 3 = 2;
  name = "";
  libName = "";
  libVersion = "";
  queues: Uint8Array[] = [];
  nextQueue = 0;
  unblock: ClientContext["unblock"];

  #conn: Socket;
  #shared: ConnectionDeps;
  #user: User | undefined;
  #unauthenticatedSince = this.connectedAt;
  #decoder: Decoder;
  #replies: ReplyQueue;
  #memory: MemoryShare;
  #timeouts = new Timeouts();
  #admission: Admission;
  #held: { route: Route; argv: Uint8Array[]; oversized: number } | undefined; // may not begin yet
  #alone = false; // a command runs that must run alone
  #waits = false; // and may wait for long
  #readsOn = false; // and does
  #arguments = 0; // of the commands begun since the share was settled
  #over = false; // nothing may wait for this client any more
  #closing = false; // no command is begun any more
  #closed = false;
  #gone: AbortController | undefined;
  #stalled = false; // nothing is read because too much is in flight
  #linger: ReturnType<typeof setTimeout> | undefined;
  #resume: (() => void) | undefined;

  /** @param id unique within the server */
  constructor(conn: Socket, readonly id: number, readonly server: ServerContext, shared: ConnectionDeps) {
    this.#conn = conn;
    this.addr = formatAddr(conn.remoteAddr);
    this.laddr = formatAddr(conn.localAddr);
    this.#shared = shared;
    this.#user = server.authenticator.defaultUser;
    this.#decoder = new Decoder(this.#user ? shared.accepted.authenticated : shared.accepted.unauthenticated);
    this.#replies = new ReplyQueue(conn, this, server.limits.maxPipeline);
    this.#admission = new Admission(this.#replies, shared.large, () => this.progressed());
    this.#memory = new MemoryShare(shared.inFlight, () => this.#resume?.());
  }

  get user(): User | undefined {
    return this.#user;
  }

  set user(user: User | undefined) {
    this.#user = user;
    if (!user) this.#unauthenticatedSince = Date.now();
    this.#decoder.accept(user ? this.#shared.accepted.authenticated : this.#shared.accepted.unauthenticated);
  }

  get signal(): AbortSignal {
    if (this.#over) (this.#gone ??= new AbortController()).abort(GONE);
    return (this.#gone ??= new AbortController()).signal;
  }

  bytesWritten(bytes: number): void {
    this.#shared.metrics.sent += bytes;
  }

  /** Serves until either side closes; never rejects. */
  async serve(): Promise<void> {
    try {
      while (!this.#closed) {
        this.#admission.next();
        const space = this.#decoder.space(MAX_READ_BYTES);
        const n = await this.#conn.read(space);
        if (n === null) break;
        if (this.#closing) continue; // what came after the last command does not matter
        this.#shared.metrics.reads(n);
        this.#decoder.filled(n);
        this.#memory.received(n);
        this.#begin();
        this.#settle();
        while (this.#mustNotRead()) await this.#progress();
        if (this.#decoder.midway && n < space.length && this.#timeouts.pausesReading(n)) await this.#progress();
        if (n >= LARGE_READ_BYTES && this.#shared.pace.consume(n)) await this.#shared.pace.wait(n);
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
    this.#memory.end();
    clearTimeout(this.#linger);
    this.#admission.end();
    this.#conn.close();
  }

  /** Why the client is to be hung up on now, as the end of a sentence; or nothing. */
  timeoutReason(now: number): string | undefined {
    if (this.#closed) return;
    if (this.#waits && now - this.lastCommandAt > CHECK_INTERVAL_MS) {
      this.#readsOn = true; // otherwise a hang-up would not be noticed
      this.#resume?.();
    }
    if (this.#timeouts.resumesReading(now)) this.#resume?.();
    const unauthenticatedSince = this.#user ? Infinity : this.#unauthenticatedSince;
    const busy = !this.#replies.empty || this.#held !== undefined;
    const partial = this.#decoder.midway && this.#mayBegin && !this.#stalled;
    const looked = { unauthenticatedSince, lastCommandAt: this.lastCommandAt, busy, partial, replies: this.#replies };
    return this.#timeouts.reason(looked, this.server.limits, now);
  }

  progressed(): void {
    if (this.#closed) return;
    if (this.#replies.empty) this.#alone = this.#waits = this.#readsOn = false;
    this.#begin();
    this.#settle();
    if (this.#closing && !this.#held && this.#replies.idle) this.#closeGently();
    this.#resume?.();
  }

  get #mayBegin(): boolean {
    return !this.#alone && !this.#held && !this.#closing && !this.#replies.full;
  }

  /** Begins every command that has arrived and may begin. */
  #begin(): void {
    if (this.#held && this.#admission.admits(this.#held.route, this.#held.argv, true)) {
      const { route, argv, oversized } = this.#held;
      this.#held = undefined;
      this.#run(route, argv, oversized);
    }
    try {
      while (this.#mayBegin) {
        const argv = this.#decoder.next();
        if (!argv) break;
        const { oversized } = this.#decoder;
        const route = this.#shared.runner.find(argv[0]);
        this.#arguments += argv.length;
        if (route && !this.#admission.admits(route, argv, false)) this.#held = { route, argv, oversized };
        else this.#run(route, argv, oversized);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
    }
  }

  /** Whether nothing should be read for now. */
  #mustNotRead(): boolean {
    this.#stalled = !this.#closing && this.#memory.stalls;
    if (this.#closing || this.#stalled) return this.#stalled;
    const { buffered } = this.#decoder;
    if (buffered <= MAX_READ_AHEAD_BYTES || this.#mayBegin) return false;
    const tooMuch = this.#readsOn && buffered > this.server.limits.maxReadAheadBytes;
    if (tooMuch) this.#refuse(new ProtocolError("too many bytes behind a command that waits"));
    return !this.#readsOn;
  }

  /** Takes note of what is in flight. */
  #settle(): void {
    if (this.#closed) return;
    this.#memory.update(this.#replies, this.#arguments, this.#decoder);
    this.#arguments = 0;
  }

  #refuse(error: ProtocolError): void {
    this.#replies.push(new ErrorReply(`ERR ${error.message}`));
    this.closeAfterReply();
  }

  #run(route: Route | undefined, argv: Uint8Array[], oversized: number): void {
    const result = this.#shared.runner.begin(route, this, argv, oversized);
    this.#admission.begun(result);
    if (!(result instanceof Promise)) return this.#replies.push(result);
    this.#alone = route !== undefined && isExclusive(route, argv);
    this.#waits = this.#alone && (route?.blocks ?? false);
    this.#shared.runner.finish(result, route!, this, argv, this.#replies);
  }

  /** Ends what waits for this client, and whatever comes to wait later. */
  #stopWaiting(): void {
    this.#over = true;
    this.#gone?.abort(GONE);
    this.#resume?.();
  }

  /** Resolves when something has been answered or written, a rest is over, or the end has come. */
  #progress(): Promise<void> {
    return new Promise((resolve) => this.#resume = resolve);
  }

  /** Closes this side and leaves the other a moment: closing with unread bytes could destroy the last replies. */
  #closeGently(): void {
    if (this.#linger !== undefined) return;
    this.#shared.left(this);
    this.#linger = setTimeout(() => this.kill(), LINGER_MS);
    this.#conn.closeWrite().catch(() => this.kill());
  }
}
