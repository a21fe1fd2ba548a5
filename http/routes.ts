/**
 * All that can be asked for over HTTP; nothing else lists it.
 *
 * @module
 */
import { healthz, readyz } from "./health.ts";
import { metrics } from "./metrics.ts";
import type { Route } from "./route.ts";

/** The table of routes. */
export const ROUTES: readonly Route[] = [healthz, readyz, metrics];
