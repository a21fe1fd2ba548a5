/**
 * Does the work of the large states in a thread of its own.
 *
 * @module
 */
import type { Addr } from "../../../../tests/support/wire.ts";
import type { LargeChoice, LargeJob } from "./worker.ts";

export class LargeLoad implements Disposable {
  readonly #worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  readonly #job: Omit<LargeJob, "phase">;

  constructor(choice: LargeChoice, addr: Addr, http: number) {
    this.#job = { ...choice, addr, http };
  }

  /** @throws {Error} */
  async fill(): Promise<void> {
    await this.#do(undefined);
  }

  /** Resolves to what went wrong. */
  async work(phase: number): Promise<string[]> {
    try {
      return await this.#do(phase);
    } catch (error) {
      return [(error as Error).message];
    }
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #do(phase: number | undefined): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data: { failures, error } }) =>
        failures ? resolve(failures) : reject(new Error(error));
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.#worker.postMessage({ ...this.#job, phase } satisfies LargeJob);
    });
  }
}
