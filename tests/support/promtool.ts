/**
 * Runs promtool, the checker of Prometheus.
 *
 * @module
 */
import { TEST_MS } from "./limits.ts";
import { ROOT } from "./sources.ts";

/** Whether promtool is installed. */
export const hasPromtool: boolean = await promtool(["--version"]).then(({ success }) => success, () => false);

/** Runs promtool with an input; returns its output and whether it succeeded. */
export async function promtool(args: string[], input = ""): Promise<{ success: boolean; text: string }> {
  const child = new Deno.Command("promtool", { args, cwd: ROOT, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Declares a test that needs promtool; skipped without it. */
export function promtoolTest(name: string, fn: () => Promise<void>): void {
  const fullName = hasPromtool ? name : `${name} (skipped: no promtool on this machine)`;
  Deno.test({ name: fullName, ignore: !hasPromtool, timeout: TEST_MS, fn });
}
