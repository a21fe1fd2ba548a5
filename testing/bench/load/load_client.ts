/**
 * Runs loads in a thread that stays warm between them.
 *
 * @module
 */
import type { Attack, AttackResult } from "./attackers.ts";
import type { Load, LoadResult } from "./closed_loop.ts";
import type { Probe } from "./honest_client.ts";
import type { Latency } from "./latency_probe.ts";
import type { Job } from "./worker.ts";

/** One load at a time. Every method throws if the server answers wrongly or not at all. */
export class LoadClient implements Disposable {
  #worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });

  run(load: Load): Promise<LoadResult> {
    return this.#do({ load }, `a load of ${load.connections} connections, pipeline ${load.pipeline}`);
  }

  /** Milliseconds, in ascending order. */
  latency(latency: Latency): Promise<Float64Array> {
    return this.#do({ latency }, `the latency at ${latency.rate}/s`);
  }

  /** Milliseconds, in ascending order. */
  probe(probe: Probe): Promise<Float64Array> {
    return this.#do({ probe }, "the replies to an honest client");
  }

  attack(attack: Attack, onConnected: () => void): Promise<AttackResult> {
    return this.#do({ attack }, `an attack of ${attack.connections} connections`, onConnected);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #do<Result>(job: Job, what: string, onConnected?: () => void): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Measuring ${what} failed: ${event.message}`));
      };
      this.#worker.onmessage = ({ data }) => {
        if (data.connected) onConnected?.();
        else if (data.error !== undefined) reject(new Error(`Measuring ${what} failed: ${data.error}`));
        else resolve(data.result);
      };
      this.#worker.postMessage(job);
    });
  }
}
