/**
 * Prometheus's own check of what it reads.
 *
 * @module
 */

import { ROOT } from "./sources.ts";

/** Whether this machine has promtool, which comes with Prometheus. */
export const promtoolIsThere: boolean = await promtool(["--version"]).then(({ success }) => success, () => false);

/** Runs promtool; what it says, and whether it found nothing to say. */
export async function promtool(args: string[], input = ""): Promise<{ success: boolean; text: string }> {
  const child = new Deno.Command("promtool", { args, cwd: ROOT, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Declares a test that needs it. */
export function promtoolTest(name: string, fn: () => Promise<void>): void {
  const shown = promtoolIsThere ? name : `${name} (skipped: no promtool on this machine)`;
  Deno.test({ name: shown, ignore: !promtoolIsThere, timeout: 60_000, fn });
}
