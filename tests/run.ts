/**
 * Runs all tests, and ends with one line of figures: `deno task test [arguments of deno test]`.
 *
 * @module
 */
import { installClients } from "./clients/setup.ts";
import { installChromium } from "./support/chromium.ts";
import { hasLuacheck, LUACHECK_PACKAGE } from "./support/luacheck.ts";

/** Older servers lack commands that okq's script calls. */
const OLDEST_REDIS = [6, 2];

/**
 * How many files of tests run at once, unless DENO_JOBS says otherwise. Every file has servers, ports and folders of its
 * own, and most tests wait most of the time, so that two cores are enough for three.
 */
const JOBS = "3";

const NO_REDIS = `No redis-server ${OLDEST_REDIS.join(".")} or later was found, so the tests on Redis are skipped and
only the embedded store is tested. To run them all, install Redis so that "redis-server" is on the PATH: "apt-get
install redis-server" on Debian and Ubuntu, "brew install redis" on macOS, or see https://redis.io/docs/install. The
tests start servers of their own and leave one that is already running alone.`;

/** What came of the tests. */
export interface Figures {
  /** Tests that passed. */
  passed: number;
  /** Tests that failed, and files that did not load. */
  failed: number;
  /** Tests that were not run, because this machine lacks something. */
  skipped: number;
}

/** Reads the figures off the last summary line of `deno test`: `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
export function figuresOf(output: string): Figures | undefined {
  // deno-lint-ignore no-control-regex
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const summary = plain.split(/\r?\n/).findLast((line) => /^(ok|FAILED) \| \d+ passed\b/.test(line));
  if (summary === undefined) return undefined;
  const figure = (word: string) => Number(summary.match(`\\| (\\d+) ${word}\\b`)?.[1] ?? 0);
  return { passed: figure("passed"), failed: figure("failed"), skipped: figure("ignored") };
}

/** The line that says what came of the tests. */
export function lastLine({ passed, failed, skipped }: Figures): string {
  return `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : "");
}

/** Whether the output of `redis-server --version` is of one that okq works with. */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = version.match(/v=(\d+)\.(\d+)/)?.map(Number) ?? [];
  return major > OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor >= OLDEST_REDIS[1]);
}

/** The standard output of a program, or an empty string if it cannot be run. */
async function outputOf(program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, { args, stdin: "null", stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

async function hasRedis(): Promise<boolean> {
  return isNewEnough(await outputOf("redis-server", "--version"));
}

/** Installs Debian's packages if that needs no question and no password: as root, with apt-get. */
async function install(packages: string[]): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0 || await outputOf("apt-get", "--version") === "") return;
  for (const args of [["update"], ["install", "-y", ...packages]]) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { success } = await new Deno.Command("apt-get", { args, env, stdin: "null" }).spawn().status;
    if (!success) return;
  }
}

/** Runs `deno test`, passing on what it prints as it comes. Resolves to its exit code and its standard output. */
async function denoTest(args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--parallel", ...args],
    cwd: new URL("..", import.meta.url),
    env: { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? JOBS, ...env },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    await write(chunk);
  }
  return { code: (await child.status).code, output };
}

async function write(bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
}

async function print(text: string): Promise<void> {
  await write(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const missing = [];
  if (!await hasRedis()) missing.push("redis-server");
  if (!await hasLuacheck()) missing.push(LUACHECK_PACKAGE);
  if (missing.length > 0) await install(missing);
  const withRedis = await hasRedis();
  if (!withRedis) await print(NO_REDIS);
  await installChromium();
  const lacking = await installClients();
  if (lacking !== undefined) await print(lacking);
  const { code, output } = await denoTest(Deno.args, withRedis ? {} : { OKQ_TEST_REDIS: "" });
  const figures = figuresOf(output) ?? { passed: 0, failed: 0, skipped: 0 };
  // A run that ends badly with no failed test, as when a file does not compile, is a failure itself.
  if (code !== 0 && figures.failed === 0) figures.failed = 1;
  await print(lastLine(figures));
  Deno.exit(figures.failed === 0 && figures.passed > 0 ? 0 : 1);
}
