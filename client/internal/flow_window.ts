/**
 * A bound on what is under way at once.
 *
 * @module
 */

/** Counts things under way, and their bytes. */
export class FlowWindow {
  #things = 0;
  #bytes = 0;
  #left: (() => void) | undefined;

  /**
   * @param maxThings how many may be under way before the next should wait
   * @param maxBytes how many bytes of them
   */
  constructor(readonly maxThings: number, readonly maxBytes: number) {}

  /** Counts one more. Returns whether there is still room for another. */
  enter(bytes: number): boolean {
    this.#things++;
    this.#bytes += bytes;
    return this.#hasRoom;
  }

  /** One is done. */
  leave(bytes: number): void {
    this.#things--;
    this.#bytes -= bytes;
    this.#left?.();
  }

  /** Resolves once there is room. Only one may wait. */
  room(): Promise<void> {
    return this.#until(() => this.#hasRoom);
  }

  /** Resolves once nothing is under way. Only one may wait. */
  empty(): Promise<void> {
    return this.#until(() => this.#things === 0);
  }

  get #hasRoom(): boolean {
    return this.#things < this.maxThings && this.#bytes < this.maxBytes;
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#left = () => {
        if (!isSo()) return;
        this.#left = undefined;
        resolve();
      };
      this.#left();
    });
  }
}
