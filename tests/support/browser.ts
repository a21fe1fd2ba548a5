/**
 * Headless Chromium of the system for tests of the page.
 *
 * @module
 */
import { type Browser, playwright } from "../deps.ts";
import { pathOfChromium, PROGRAM } from "./chromium.ts";
import { TEST_MS } from "./limits.ts";

let started: Promise<Browser> | undefined;

/** The browser that all tests of a file share; launched on first use, and again after it has ended. */
export async function browser(): Promise<Browser> {
  if (await hasEnded()) started = undefined;
  return await (started ??= launch());
}

async function hasEnded(): Promise<boolean> {
  return (await started)?.isConnected() === false;
}

/** Closes the shared browser, if it was launched. */
export async function closeBrowser(): Promise<void> {
  await (await started)?.close();
}

/**
 * Launches a browser with a temporary profile that can connect to 127.0.0.1 only. It ends with this process. On a signal
 * Playwright would close it by itself and let the tests go on, which then fail one after another.
 */
export async function launch(): Promise<Browser> {
  // Chromium's sandbox does not work for root in a container. The browser only loads pages of okq.
  const args = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  const localOnly = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
  const { chromium } = await playwright();
  return await chromium.launch({
    executablePath: await pathOfChromium(),
    args: [...args, localOnly],
    timeout: TEST_MS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** Declares a test that needs the browser; skipped without Chromium, and run again if the browser ended meanwhile. */
export async function browserTest(name: string, fn: () => Promise<void>): Promise<void> {
  const available = await pathOfChromium() !== "";
  const fullName = available ? name : `${name} (skipped: no ${PROGRAM} on this machine)`;
  const run = async () => {
    try {
      await fn();
    } catch (error) {
      if (!await hasEnded()) throw error;
      await fn();
    }
  };
  const options = { timeout: TEST_MS, sanitizeOps: false, sanitizeResources: false };
  Deno.test({ name: fullName, ignore: !available, ...options, fn: run });
}
