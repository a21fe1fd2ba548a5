/**
 * Time limits of tests, in milliseconds. They are far beyond what a busy machine needs, and end a test that hangs.
 *
 * @module
 */

/** How long to wait for one condition. */
export const WAIT_MS = 60_000;

/** How long a test may take: longer than a wait, so that the error of the wait is what the test reports. */
export const TEST_MS = 240_000;
