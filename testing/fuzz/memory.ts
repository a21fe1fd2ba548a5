/**
 * Resident memory of what is under fuzz, looked at each second.
 *
 * @module
 */
import { levelsOff, quarters } from "../soak/level.ts";

const LOOK_MS = 1000;
/** Looks below which nothing can be said: V8 takes half a minute to find its size. */
const ENOUGH = 120;
/** What memory may grow by from the second quarter of the time to the last. */
const ALLOWANCE = { factor: 1.25, plus: 48 };

/** A row of looks at the memory. */
export class Memory implements AsyncDisposable {
  readonly #looks: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #looking: Promise<void> = Promise.resolve();

  /** @param look resolves to MiB, or NaN where nobody can tell */
  constructor(look: () => Promise<number>) {
    this.#timer = setInterval(() => {
      this.#looking = look().then((mib) => void (Number.isNaN(mib) || this.#looks.push(mib)));
    }, LOOK_MS);
  }

  /** Whether it grows and grows. */
  get grows(): boolean {
    return this.#looks.length >= ENOUGH && !levelsOff(this.#looks, ALLOWANCE);
  }

  /** What was seen. */
  get summary(): string {
    if (this.#looks.length < 4) return "";
    const { second, last } = quarters(this.#looks);
    return `${Math.round(second)} MiB in the second quarter of the time, ${Math.round(last)} in the last`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
