/**
 * Finds the system's Chromium, and installs it on Debian.
 *
 * @module
 */

/** The program and its Debian package. */
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
  return (await outputOf("which", PROGRAM)).trim();
}

/** Installs Chromium with apt-get, if it is missing and the tests run as root. */
export async function installChromium(): Promise<void> {
  if (await pathOfChromium() !== "" || Deno.build.os !== "linux" || Deno.uid() !== 0) return;
  await outputOf("apt-get", "update");
  await outputOf("apt-get", "install", "-y", "--no-install-recommends", PROGRAM, "fonts-dejavu-core");
}
