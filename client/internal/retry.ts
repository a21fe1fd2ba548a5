/**
 * When an event whose handler failed comes again, and what the server is told of the failure.
 *
 * @module
 */
import { inBounds } from "./bounds.ts";
import type { Failure } from "../event.ts";

/** How long the first retry is delayed unless told otherwise, in milliseconds. */
const DEFAULT_MS = 1000;
/** The longest delay unless told otherwise, in milliseconds. */
const DEFAULT_MAX_MS = 300_000;
/** From there on it is the longest; any more would lead beyond numbers. */
const MAX_DOUBLINGS = 50;
/** As much of a reason as the server keeps, in bytes. */
const REASON_BYTES = 1024;

/** When failed events come again. */
export class Retry {
  readonly #delayMs: number | undefined;
  readonly #maxMs: number;

  /**
   * @param delayMs after the first failure; "queue" leaves it to the queue
   * @param maxMs the most that comes of doubling it
   * @throws {RangeError} if they are out of bounds
   */
  constructor(delayMs: number | "queue" = DEFAULT_MS, maxMs: number = DEFAULT_MAX_MS) {
    this.#delayMs = delayMs === "queue" ? undefined : inBounds("retryDelayMs", delayMs, 0);
    this.#maxMs = inBounds("maxRetryDelayMs", maxMs, 0);
  }

  /**
   * What the server is told: to wait twice as long after each attempt, and somewhere between half of that and all of it,
   * so that those that failed together do not come back together.
   *
   * @param attempt from 1
   * @param random from 0 to below 1
   */
  failure(attempt: number, error: unknown, random: number = Math.random()): Failure {
    const reason = reasonOf(error);
    if (this.#delayMs === undefined) return { reason };
    const doubled = this.#delayMs * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
    return { reason, delayMs: Math.min(doubled, this.#maxMs) * (1 + random) / 2 };
  }
}

/** An error in so many words, cut between characters. What says nothing gives no reason. */
export function reasonOf(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message || error.name : typeof error === "string" ? error : "";
  if (text === "") return undefined;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(REASON_BYTES));
  return text.slice(0, read);
}
