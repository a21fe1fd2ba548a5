/**
 * The thread that makes load, so that the program that asks for it can watch meanwhile.
 *
 * @module
 */
import { drive, type Load } from "./client.ts";
import { type Latency, timeWaking } from "./latency_client.ts";

/** What the worker is asked: one of them. */
export interface Request {
  /** Make this load. */
  drive?: Load;
  /** Measure this latency. */
  latency?: Latency;
}

const scope = self as unknown as Worker;

scope.onmessage = ({ data }: MessageEvent<Request>) => {
  try {
    const result = data.drive ? drive(data.drive) : timeWaking(data.latency!);
    scope.postMessage({ result });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
