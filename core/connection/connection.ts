/**
 * One client's connection: bytes in, commands run, replies out.
 *
 * Commands of a pipeline begin as they arrive, so that the store gets all of them in one batch. An exclusive command
 * waits until all earlier ones are answered, except those that it may follow, and holds back the later ones.
 *
 *     open ──────── exclusive command begins ───────▶ exclusive ── runs for over a second, as it may ──▶ blocked
 *      │ ▲                                                │                                                 │
 *      │ └──────────────────── answered ──────────────────┴─────────────────────────────────────────────────┘
 *      │
 *      ├── QUIT, protocol error, shutdown ──▶ draining ── all is answered and written ──▶ lingering ──▶ closed
 *      └── reset, CLIENT KILL, timeout ────────────────────────────────────────────────────────────────▶ closed
 *
 *     open        commands begin as they arrive
 *     exclusive   no other command begins; reading stops after 64 KiB of input
 *     blocked     the same, but reading goes on, up to `--max-read-ahead-bytes`, so that a hang-up is noticed
 *     draining    no further command is read; what was read before is answered (from exclusive and blocked, too)
 *     lingering   this side is closed; the client has a moment to close its own
 *
 * When the client closes its side, commands that block are ended and all others are still answered.
 *
 * @module
 */
import { Decoder } from "../../resp/decode.ts";
import { ErrorReply, ProtocolError, UNEXPECTED_ERROR } from "../../resp/reply.ts";
import type { User } from "../auth/user.ts";
import type { ClientContext, ServerContext } from "../context.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Socket } from "../net/socket.ts";
import { formatAddr } from "../util/address.ts";
import { LazySignal } from "../util/async.ts";
import type { ReplyBudget, TurnBudget } from "./turn_budget.ts";
import type { DecoderLimits } from "./decoder_limits.ts";
import type { Dispatcher, DispatchingClient } from "./dispatcher.ts";
import { FREE_BYTES, MemoryShare } from "./back_pressure.ts";
import { type ReplyListener, ReplyQueue } from "./reply_queue.ts";
import { Scheduler } from "./scheduling.ts";
import { CHECK_INTERVAL_MS, type TimedConnection, Timeouts } from "./timeouts.ts";

const MAX_READ_BYTES = 256 * 1024;
/** Smallest read that counts against the budget of large reads. */
const LARGE_READ_BYTES = 16 * 1024;
/** Bytes of large reads between two pauses, of all connections. */
export const READ_BYTES_PER_TURN: number = 512 * 1024;
/** Received bytes beyond which reading stops while no command may begin. */
const MAX_READ_AHEAD_BYTES = 64 * 1024;
const LINGER_MS = 1000;
/** Reason of the client's abort signal; a constant, because each new error costs a stack trace. */
const DISCONNECTED = "The client is disconnected";

/** What all connections share. */
export interface ConnectionDeps {
  dispatcher: Dispatcher;
  decoderLimits: DecoderLimits;
  readBudget: TurnBudget;
  writeBudget: TurnBudget;
  replyBudget: ReplyBudget;
  /** Called after a client's last reply, before it closes its side. */
  drained(client: ClientContext): void;
}

/** A command that was read and may not begin yet. */
interface HeldCommand {
  argv: Uint8Array[];
  oversized: number;
}

export class Connection implements DispatchingClient, ReplyListener, TimedConnection {
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

  readonly #socket: Socket;
  readonly #deps: ConnectionDeps;
  readonly #metrics: Metrics;
  readonly #decoder: Decoder;
  readonly replies: ReplyQueue;
  readonly scheduler: Scheduler;
  readonly #memory: MemoryShare;
  readonly #timeouts = new Timeouts();
  readonly #disconnected = new LazySignal(DISCONNECTED);
  #state: "open" | "exclusive" | "blocked" | "draining" | "lingering" | "closed" = "open";
  #mayBlock = false; // of the exclusive command
  #user: User | undefined;
  #unauthenticatedSince = this.connectedAt;
  #held: HeldCommand | undefined;
  #reads = 0;
  #answered = 0; // at the last update of the memory share
  #argumentCount = 0; // of commands begun since then
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  #resume: (() => void) | undefined;

  constructor(socket: Socket, readonly id: number, readonly server: ServerContext, deps: ConnectionDeps) {
    this.#socket = socket;
    this.addr = formatAddr(socket.remoteAddr);
    this.laddr = formatAddr(socket.localAddr);
    this.#deps = deps;
    this.#metrics = server.metrics;
    this.#user = server.authenticator.defaultUser;
    this.#decoder = new Decoder(this.#decoderLimits);
    this.replies = new ReplyQueue(socket, this, server.limits.maxPipeline, deps.writeBudget);
    this.scheduler = new Scheduler(this.replies, deps.replyBudget, () => this.#reads, () => this.progressed());
    this.#memory = new MemoryShare(server.backPressure, () => this.#resume?.());
  }

  get user(): User | undefined {
    return this.#user;
  }

  set user(user: User | undefined) {
    this.#user = user;
    if (!user) this.#unauthenticatedSince = Date.now();
    this.#decoder.accept(this.#decoderLimits);
  }

  get connected(): boolean {
    return this.#state !== "closed";
  }

  get signal(): AbortSignal {
    return this.#disconnected.signal;
  }

  /** Serves until either side closes. Never rejects. */
  async serve(): Promise<void> {
    try {
      while (this.connected) {
        const space = this.#decoder.space(MAX_READ_BYTES);
        let n: number | null = null;
        try {
          n = await this.#socket.read(space);
        } catch {
          this.kill(); // reset by the client, or closed by us
        }
        if (n === null) break;
        if (this.#ending) continue;
        this.#reads++;
        this.#metrics.countReceived(n);
        this.#decoder.filled(n);
        this.#begin();
        this.#updateMemory(n);
        while (this.#mustPauseReading()) await this.#progress();
        if (this.#decoder.incomplete && n < space.length && this.#timeouts.pausesReading(n)) await this.#progress();
        if (n >= LARGE_READ_BYTES) {
          const { readBudget } = this.#deps;
          readBudget.spend(n);
          if (readBudget.exhausted) await new Promise<void>((resume) => readBudget.wait(n, resume));
        }
      }
      this.#endWaits();
      while (this.connected && (this.#held || !this.replies.idle)) await this.#progress();
    } catch (error) {
      this.server.log.error("Connection failed unexpectedly", { addr: this.addr, error });
    }
    this.kill();
  }

  closeAfterReply(): void {
    if (this.#ending) return;
    this.#state = "draining";
    this.#endWaits();
    this.replies.flushSoon();
  }

  kill(): void {
    if (!this.connected) return;
    this.#state = "closed";
    this.#endWaits();
    this.replies.close();
    this.#memory.close();
    this.scheduler.close();
    clearTimeout(this.#lingerTimer);
    this.#socket.close();
  }

  expiredTimeout(now: number): string | undefined {
    if (!this.connected) return;
    if (this.#state === "exclusive" && this.#mayBlock && now - this.lastCommandAt > CHECK_INTERVAL_MS) {
      this.#state = "blocked";
      this.#resume?.();
    }
    if (this.#timeouts.resumesReading(now)) this.#resume?.();
    const activity = {
      unauthenticatedSince: this.#user ? Infinity : this.#unauthenticatedSince,
      lastCommandAt: this.lastCommandAt,
      busy: !this.replies.empty || this.#held !== undefined,
      partial: this.#decoder.incomplete && this.#mayBegin && !this.#memory.stalled,
      replies: this.replies,
    };
    return this.#timeouts.expired(activity, this.server.limits, now);
  }

  bytesWritten(bytes: number): void {
    this.#metrics.sent += bytes;
  }

  progressed(): void {
    if (!this.connected) return;
    if (this.#isExclusive && this.replies.empty) this.#state = "open";
    this.#begin();
    this.#updateMemory();
    if (this.#state === "draining" && !this.#held && this.replies.idle) this.#linger();
    this.#resume?.();
  }

  encodingFailed(error: unknown): void {
    this.server.log.error("Cannot encode a reply", { addr: this.addr, error });
  }

  get #decoderLimits() {
    return this.#user ? this.#deps.decoderLimits.authenticated : this.#deps.decoderLimits.unauthenticated;
  }

  get #ending(): boolean {
    return this.#state === "draining" || this.#state === "lingering" || this.#state === "closed";
  }

  get #isExclusive(): boolean {
    return this.#state === "exclusive" || this.#state === "blocked";
  }

  get #mayBegin(): boolean {
    return this.#state === "open" && !this.#held && !this.replies.full;
  }

  /** Never throws. */
  #begin(): void {
    try {
      if (this.#held) {
        const { argv, oversized } = this.#held;
        this.#held = undefined;
        this.#dispatch(argv, oversized);
      }
      while (this.#mayBegin) {
        const argv = this.#decoder.next();
        if (!argv) break;
        this.#argumentCount += argv.length;
        this.#dispatch(argv, this.#decoder.oversized);
      }
    } catch (error) {
      this.#refuse(error);
    }
  }

  #dispatch(argv: Uint8Array[], oversized: number): void {
    const dispatched = this.#deps.dispatcher.dispatch(this, argv, oversized);
    if (dispatched === "begun") return;
    if (dispatched === "held") this.#held = { argv, oversized };
    else if (this.#state === "open") {
      this.#state = "exclusive";
      this.#mayBlock = dispatched === "blocking";
    }
  }

  #mustPauseReading(): boolean {
    if (this.#ending) return false;
    if (this.#memory.bytes > FREE_BYTES && this.#memory.mustStall()) return true;
    const { buffered } = this.#decoder;
    if (buffered <= MAX_READ_AHEAD_BYTES || this.#mayBegin) return false;
    if (this.#state !== "blocked") return true;
    if (buffered > this.server.limits.maxReadAheadBytes) {
      this.#refuse(new ProtocolError("too many bytes behind a command that waits"));
    }
    return false;
  }

  /** Answers a last error, and closes. */
  #refuse(error: unknown): void {
    const expected = error instanceof ProtocolError;
    if (!expected) this.server.log.error("Connection failed unexpectedly", { addr: this.addr, error });
    this.replies.push(expected ? new ErrorReply(`ERR ${error.message}`) : UNEXPECTED_ERROR);
    this.closeAfterReply();
  }

  #updateMemory(received = 0): void {
    const { answered } = this.replies;
    if (received === 0 && answered === this.#answered && this.#argumentCount === 0 || !this.connected) return;
    this.#memory.update(received, this.replies, this.#argumentCount, this.#decoder);
    this.#answered = answered;
    this.#argumentCount = 0;
  }

  #endWaits(): void {
    this.#disconnected.abort();
    this.#resume?.();
  }

  /** Resolves when anything was answered or written, a pause is over, or the connection ends. */
  #progress(): Promise<void> {
    return new Promise((resolve) => this.#resume = resolve);
  }

  /** Waits for the client to close its side: closing with unread input could destroy the last replies. */
  #linger(): void {
    this.#state = "lingering";
    this.#deps.drained(this);
    this.#lingerTimer = setTimeout(() => this.kill(), LINGER_MS);
    this.#socket.closeWrite().catch(() => this.kill());
  }
}
