/**
 * When the next command of a connection may begin.
 *
 *     exclusive        when all earlier commands are answered, or all but brief ones if it may follow these; 32 in one
 *                      event-loop turn
 *     large reply      when few replies are pending on this connection, and few large ones on all connections
 *     any other        at once
 *
 * @module
 */
import { type CommandSpec, isExclusive } from "../command_spec.ts";
import { LARGE_REPLY_BYTES, type ReplyBudget, TurnBudget } from "./turn_budget.ts";
import type { ReplyQueue } from "./reply_queue.ts";

/** Per turn and connection: each is begun by the answer to the previous one. */
const EXCLUSIVE_PER_TURN = 32;
/** Longest pause of a client that keeps sending exclusive commands. */
const MAX_PAUSE_MS = 8;

type PendingReplies = Pick<ReplyQueue, "begun" | "answered" | "empty" | "fullOfLarge" | "expectedBytes">;

export class Scheduler {
  readonly #replies: PendingReplies;
  readonly #largeReplies: ReplyBudget;
  readonly #exclusive = new TurnBudget(EXCLUSIVE_PER_TURN, MAX_PAUSE_MS);
  readonly #resume: () => void;
  readonly #turn: () => number;
  #lastTurn = 0;
  #reserved = 0;
  #lastToAnswer = 0; // the number of the last command that no exclusive one may overtake

  /**
   * @param turn a number that changes when input arrives, that is in a new turn
   * @param resume called when a held command may begin
   */
  constructor(replies: PendingReplies, largeReplies: ReplyBudget, turn: () => number, resume: () => void) {
    this.#replies = replies;
    this.#largeReplies = largeReplies;
    this.#turn = turn;
    this.#resume = resume;
  }

  /** If it admits the command, the command must begin. */
  admits(command: CommandSpec, argv: Uint8Array[]): boolean {
    const exclusive = isExclusive(command, argv);
    if (exclusive) {
      if (!this.#replies.empty && !this.#mayFollow(command, argv)) return false;
      const turn = this.#turn();
      if (turn !== this.#lastTurn) this.#exclusive.reset();
      this.#lastTurn = turn;
      if (this.#exclusive.exhausted) {
        this.#exclusive.wait(1, this.#resume);
        return false;
      }
    }
    if (command.largeReply && !(exclusive && command.blocks) && !this.#reserve()) return false;
    if (exclusive) this.#exclusive.spend(1);
    return true;
  }

  /** @param result undefined if the reply was there at once */
  begun(command: CommandSpec, result: Promise<unknown> | undefined): void {
    if (result && !command.brief) this.#lastToAnswer = this.#replies.begun;
    const bytes = this.#reserved;
    if (bytes === 0) return;
    this.#reserved = 0;
    const completed = () => this.#largeReplies.completed(bytes);
    if (result) result.then(completed, completed);
    else completed();
  }

  close(): void {
    this.#exclusive.close();
  }

  #mayFollow(command: CommandSpec, argv: Uint8Array[]): boolean {
    return this.#replies.answered >= this.#lastToAnswer && command.followsBrief?.(argv) === true;
  }

  /** A blocking command reserves no room: it could keep it for minutes. */
  #reserve(): boolean {
    if (this.#replies.fullOfLarge) return false;
    const { expectedBytes } = this.#replies;
    if (expectedBytes < LARGE_REPLY_BYTES) return true;
    if (!this.#largeReplies.reserve(expectedBytes, this.#resume)) return false;
    this.#reserved = expectedBytes;
    return true;
  }
}
