/**
 * A real browser for tests: Debian's Chromium, without a window.
 *
 * @module
 */
import { type Browser, chromium } from "../deps.ts";
import { pathOfChromium, PROGRAM } from "./chromium.ts";

/** How long a test with a browser may take, in milliseconds. */
const TEST_MS = 60_000;

let started: Promise<Browser> | undefined;

/** The one that all tests of a file use. */
export function browser(): Promise<Browser> {
  return started ??= launch();
}

/** Ends that one. */
export async function closeBrowser(): Promise<void> {
  await (await started)?.close();
}

/** Starts it. It keeps nothing after it is closed, and talks to nobody but okq. */
export async function launch(): Promise<Browser> {
  // A browser's own sandbox needs what root in a container does not have; it only ever sees pages of okq.
  const args = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  const noOthers = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
  return await chromium.launch({ executablePath: await pathOfChromium(), args: [...args, noOthers] });
}

/** Declares a test that needs it. */
export async function browserTest(name: string, fn: () => Promise<void>): Promise<void> {
  const isThere = await pathOfChromium() !== "";
  const shown = isThere ? name : `${name} (skipped: no ${PROGRAM} on this machine)`;
  Deno.test({ name: shown, ignore: !isThere, timeout: TEST_MS, sanitizeOps: false, sanitizeResources: false, fn });
}
