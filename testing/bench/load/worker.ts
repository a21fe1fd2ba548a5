/**
 * The thread that makes load, so that the program that asks for it can watch meanwhile.
 *
 * @module
 */
import { type Attack, attack } from "./attack_client.ts";
import { drive, type Load } from "./client.ts";
import { type Latency, timeWaking } from "./latency_client.ts";
import { type Probe, timeAnswers } from "./probe_client.ts";

/** What the worker is asked: one of them. */
export interface Request {
  /** Make this load. */
  drive?: Load;
  /** Measure this latency. */
  latency?: Latency;
  /** Measure as an honest client. */
  probe?: Probe;
  /** Attack. */
  attack?: Attack;
}

const scope = self as unknown as Worker;

scope.onmessage = ({ data }: MessageEvent<Request>) => {
  try {
    scope.postMessage({ result: answer(data) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};

function answer(request: Request): unknown {
  if (request.drive) return drive(request.drive);
  if (request.probe) return timeAnswers(request.probe);
  if (request.attack) return attack(request.attack, () => scope.postMessage({ begun: true }));
  return timeWaking(request.latency!);
}
