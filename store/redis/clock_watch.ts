/**
 * Follows the clock of Redis, and notices that it was set forward, or that a Redis with a faster one took over.
 *
 * Then leases that are renewed regularly, those of held events among them, would end at once. So the reclaimer pauses for
 * long enough that their owners renew them by the new clock.
 *
 * @module
 */

/** Larger steps than corrections of a clock that runs; smaller than what a renewed lease has left. */
const MIN_JUMP_MS = 5_000;
/** Held events are renewed every ten seconds. */
const PAUSE_MS = 15_000;
const MINUTE_MS = 60_000;

export class ClockWatch {
  #clock = Infinity;
  #readAt = 0;
  #pausedUntil = 0;

  /** The last time that it was told, in minutes since 1970; 0 before. */
  get minute(): number {
    return this.#clock === Infinity ? 0 : Math.floor(this.#clock / MINUTE_MS);
  }

  /**
   * Whether the reclaimer has to pause. All times are in milliseconds, the last two by this host's monotonic clock.
   * @param clock time by Redis
   * @param requestedAt not later than when that was read
   * @param receivedAt not earlier
   */
  pauses(clock: number, requestedAt: number, receivedAt: number): boolean {
    const jump = clock - this.#clock - (receivedAt - this.#readAt);
    this.#clock = clock;
    this.#readAt = requestedAt;
    if (jump > MIN_JUMP_MS) this.#pausedUntil = receivedAt + PAUSE_MS;
    return receivedAt < this.#pausedUntil;
  }
}
