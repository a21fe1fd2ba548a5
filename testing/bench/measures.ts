/**
 * Everything that can be measured, in the order of the report.
 *
 * @module
 */
import type { Measure } from "./measure.ts";
import { against } from "./measures/against.ts";
import { bars } from "./measures/bars.ts";
import { claims } from "./measures/claims.ts";
import { cores } from "./measures/cores.ts";
import { crowds } from "./measures/crowds.ts";
import { hostile } from "./measures/hostile.ts";
import { idle } from "./measures/idle.ts";
import { latency } from "./measures/latency.ts";
import { memory } from "./measures/memory.ts";
import { rates } from "./measures/rates.ts";
import { rivals } from "./measures/rivals.ts";
import { state } from "./measures/state.ts";
import { watched } from "./measures/watched.ts";

/** All measures. */
export const MEASURES: readonly Measure[] = [
  rates,
  bars,
  claims,
  rivals,
  latency,
  state,
  crowds,
  idle,
  memory,
  cores,
  watched,
  hostile,
  against,
];
