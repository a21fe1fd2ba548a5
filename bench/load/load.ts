/**
 * Makes load from a thread of its own that stays warm between loads.
 *
 * @module
 */
import type { Done, Load } from "./client.ts";
import type { Latency } from "./latency_client.ts";
import type { Request } from "./worker.ts";

/** A client program, in a thread of this process. */
export class LoadClient implements Disposable {
  #worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });

  /**
   * Makes a load; one at a time.
   * @throws {Error} if the server answers with an error, with nothing, or not at all
   */
  drive(load: Load): Promise<Done> {
    return this.#ask({ drive: load }, `a load of ${load.connections} connections, pipeline ${load.pipeline}`);
  }

  /**
   * Measures latencies, each in milliseconds, in ascending order.
   * @throws {Error} likewise
   */
  latency(latency: Latency): Promise<Float64Array> {
    return this.#ask({ latency }, `the latency at ${latency.rate}/s`);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #ask<Result>(request: Request, what: string): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Measuring ${what} failed: ${event.message}`));
      };
      this.#worker.onmessage = ({ data }) => {
        if (data.error !== undefined) reject(new Error(`Measuring ${what} failed: ${data.error}`));
        else resolve(data.result);
      };
      this.#worker.postMessage(request);
    });
  }
}
