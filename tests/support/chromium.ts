/**
 * Finds the system's Chromium, and installs it on Debian.
 *
 * @module
 */

/** Programs that will do, and their Debian packages. The first one, which Ubuntu lacks, takes half as long for a test. */
const PROGRAMS = ["chromium-headless-shell", "chromium"];

export const PROGRAM = "chromium";

async function outputOf(program: string, ...args: string[]): Promise<string> {
  try {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { stdout, success } = await new Deno.Command(program, { args, env, stdin: "null", stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : "";
  } catch {
    return "";
  }
}

/** The path of Chromium; empty if it is not installed. */
export async function pathOfChromium(): Promise<string> {
  for (const program of PROGRAMS) {
    const path = (await outputOf("which", program)).trim();
    if (path !== "") return path;
  }
  return "";
}

/** Installs Chromium with apt-get, if it is missing and the tests run as root. */
export async function installChromium(): Promise<void> {
  if (await pathOfChromium() !== "" || Deno.build.os !== "linux" || Deno.uid() !== 0) return;
  await outputOf("apt-get", "update");
  for (const program of PROGRAMS) {
    await outputOf("apt-get", "install", "-y", "--no-install-recommends", program, "fonts-dejavu-core");
    if (await pathOfChromium() !== "") return;
  }
}
