/**
 * When the next command of a connection may begin.
 *
 *     one that runs alone      when all before it are answered, and after a break if it is one of a long row
 *     one with a large reply   when few replies are to come on this connection, and few large ones on all
 *     any other                at once
 *
 * @module
 */
import { ExclusiveTurnLimit } from "./turn_limit.ts";
import { LARGE_BYTES, type ReplyBudget } from "./reply_budget.ts";
import { isExclusive, type Route } from "./router.ts";

/** What is asked of a connection's replies. */
export interface PendingReplies {
  /** No command waits for its reply. */
  readonly empty: boolean;
  /** So many replies are to come that no further command should be begun whose reply may be large. */
  readonly largePipelineFull: boolean;
  /** How large the next reply may be, in bytes. */
  readonly expectedBytes: number;
}

/** Admits the commands of one connection. */
export class Admission {
  readonly #replies: PendingReplies;
  readonly #large: ReplyBudget;
  readonly #goOn: () => void;
  readonly #breather: ExclusiveTurnLimit;
  #counted = 0;

  /** @param goOn called when a command that was not admitted may be by now */
  constructor(replies: PendingReplies, large: ReplyBudget, goOn: () => void) {
    this.#replies = replies;
    this.#large = large;
    this.#goOn = goOn;
    this.#breather = new ExclusiveTurnLimit(goOn);
  }

  /** Something was received: a new turn has begun. */
  next(): void {
    this.#breather.next();
  }

  /** Whether a command may begin now. @param again it has been asked before */
  admits(route: Route, argv: Uint8Array[], again: boolean): boolean {
    const alone = isExclusive(route, argv);
    if (alone && (!this.#replies.empty || (again ? this.#breather.paused : this.#breather.breaks()))) return false;
    // Room that is set aside for a reply that is waited for would be missing for long.
    if (!route.largeReply || (alone && route.blocks)) return true;
    if (this.#replies.largePipelineFull) return false;
    const { expectedBytes: expected } = this.#replies;
    if (expected < LARGE_BYTES) return true;
    if (!this.#large.reserve(expected, this.#goOn)) return false;
    this.#counted = expected;
    return true;
  }

  /** A command that was admitted has begun. */
  begun(result: unknown): void {
    const bytes = this.#counted;
    if (bytes === 0) return;
    this.#counted = 0;
    const came = () => this.#large.completed(bytes);
    if (result instanceof Promise) result.then(came, came);
    else came();
  }

  /** The connection has ended. */
  end(): void {
    this.#breather.end();
  }
}
