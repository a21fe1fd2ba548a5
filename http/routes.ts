/**
 * All that can be asked for over HTTP; nothing else lists it.
 *
 * @module
 */
import { API } from "./api/routes.ts";
import { healthz, readyz } from "./health.ts";
import { metrics } from "./metrics/metrics.ts";
import { PAGE } from "./page/page.ts";
import type { Route } from "./route.ts";

/** The table of routes. */
export const ROUTES: readonly Route[] = [healthz, readyz, metrics, ...PAGE, ...API];
