/**
 * Finding Debian's Chromium, or getting it.
 *
 * @module
 */

/** Its name in Debian. */
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

/** Where it is; empty if this machine has none. */
export async function pathOfChromium(): Promise<string> {
  return (await outputOf("which", PROGRAM)).trim();
}

/** Installs it where that takes no question and no password: as root, with apt-get. */
export async function installChromium(): Promise<void> {
  if (await pathOfChromium() !== "" || Deno.build.os !== "linux" || Deno.uid() !== 0) return;
  await outputOf("apt-get", "update");
  await outputOf("apt-get", "install", "-y", "--no-install-recommends", PROGRAM, "fonts-dejavu-core");
}
