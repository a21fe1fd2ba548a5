/**
 * Makes load from a thread of its own that stays warm between loads.
 *
 * @module
 */
import type { Attack, Attacked } from "./attack_client.ts";
import type { Done, Load } from "./client.ts";
import type { Latency } from "./latency_client.ts";
import type { Probe } from "./probe_client.ts";
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

  /**
   * Measures what an honest client sees, each in milliseconds, in ascending order.
   * @throws {Error} likewise
   */
  probe(probe: Probe): Promise<Float64Array> {
    return this.#ask({ probe }, "what an honest client sees");
  }

  /**
   * Attacks.
   * @param begun called once all attackers are connected
   * @throws {Error} if the server lets nobody connect any more
   */
  attack(attack: Attack, begun: () => void): Promise<Attacked> {
    return this.#ask({ attack }, `an attack of ${attack.connections} connections`, begun);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #ask<Result>(request: Request, what: string, begun?: () => void): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Measuring ${what} failed: ${event.message}`));
      };
      this.#worker.onmessage = ({ data }) => {
        if (data.begun) begun?.();
        else if (data.error !== undefined) reject(new Error(`Measuring ${what} failed: ${data.error}`));
        else resolve(data.result);
      };
      this.#worker.postMessage(request);
    });
  }
}
