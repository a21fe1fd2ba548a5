/**
 * The thread of a load client.
 *
 * @module
 */
import { type Attack, attack } from "./attackers.ts";
import { type Load, runLoad } from "./closed_loop.ts";
import { measureReplies, type Probe } from "./honest_client.ts";
import { type Latency, measureLatency } from "./latency_probe.ts";

export interface Job {
  load?: Load;
  latency?: Latency;
  probe?: Probe;
  attack?: Attack;
}

const scope = self as unknown as Worker;

scope.onmessage = ({ data }: MessageEvent<Job>) => {
  try {
    scope.postMessage({ result: run(data) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};

function run(job: Job): unknown {
  if (job.load) return runLoad(job.load);
  if (job.probe) return measureReplies(job.probe);
  if (job.attack) return attack(job.attack, () => scope.postMessage({ connected: true }));
  return measureLatency(job.latency!);
}
