/**
 * Limits the number of pushes in flight, and their bytes.
 *
 * @module
 */

export class FlowWindow {
  #count = 0;
  #bytes = 0;
  #onLeave: (() => void) | undefined;

  /**
   * @param maxCount items in flight from which on callers should wait
   * @param maxBytes bytes in flight from which on callers should wait
   */
  constructor(readonly maxCount: number, readonly maxBytes: number) {}

  /** Adds an item. Returns whether there is room for another. */
  enter(bytes: number): boolean {
    this.#count++;
    this.#bytes += bytes;
    return this.#hasRoom;
  }

  /** Removes an item. */
  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    this.#onLeave?.();
  }

  /** Resolves when there is room. Only one caller may wait at a time. */
  room(): Promise<void> {
    return this.#until(() => this.#hasRoom);
  }

  /** Resolves when nothing is in flight. Only one caller may wait at a time. */
  empty(): Promise<void> {
    return this.#until(() => this.#count === 0);
  }

  get #hasRoom(): boolean {
    return this.#count < this.maxCount && this.#bytes < this.maxBytes;
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onLeave = () => {
        if (!condition()) return;
        this.#onLeave = undefined;
        resolve();
      };
      this.#onLeave();
    });
  }
}
