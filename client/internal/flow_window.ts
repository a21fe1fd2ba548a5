/**
 * Limits pushes in flight, and their bytes.
 *
 * @module
 */

export class FlowWindow {
  #count = 0;
  #bytes = 0;
  #onLeave: (() => void) | undefined;

  constructor(readonly maxCount: number, readonly maxBytes: number) {}

  /** Returns whether there is room for another item. */
  enter(bytes: number): boolean {
    this.#count++;
    this.#bytes += bytes;
    return this.#hasRoom;
  }

  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    this.#onLeave?.();
  }

  /** Only one caller may wait at a time, for this or for {@linkcode empty}. */
  room(): Promise<void> {
    return this.#until(() => this.#hasRoom);
  }

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
