/**
 * A real browser for tests: Debian's Chromium, without a window.
 *
 * @module
 */
import { type Browser, chromium } from "../deps.ts";

/** Its name in Debian. */
const PROGRAM = "chromium";

/** How long a test with a browser may take, in milliseconds. */
const TEST_MS = 60_000;

async function outputOf(program: string, ...args: string[]): Promise<string> {
  try {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { stdout, success } = await new Deno.Command(program, { args, env, stdin: "null", stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : "";
  } catch {
    return "";
  }
}

/** Where it is; empty if this machine has none. */
async function pathOfChromium(): Promise<string> {
  return (await outputOf("which", PROGRAM)).trim();
}

/** Installs it where that takes no question and no password: as root, with apt-get. */
export async function installChromium(): Promise<void> {
  if (await pathOfChromium() !== "" || Deno.build.os !== "linux" || Deno.uid() !== 0) return;
  await outputOf("apt-get", "update");
  await outputOf("apt-get", "install", "-y", "--no-install-recommends", PROGRAM, "fonts-dejavu-core");
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
