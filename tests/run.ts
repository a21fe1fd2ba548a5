/**
 * Runs all tests, and prints the counts in the last line: `deno task test [arguments of deno test]`.
 *
 * @module
 */
import { installClients } from "./clients/setup.ts";
import { installChromium } from "./support/chromium.ts";
import { hasLuacheck, LUACHECK_PACKAGE } from "./support/luacheck.ts";
import { ROOT, sourcePaths } from "./support/sources.ts";

/** The oldest supported version: older ones lack commands that okq's script calls. */
const OLDEST_REDIS = [6, 2];

/**
 * Number of test files that run at once, unless DENO_JOBS is set. Each file has its own servers, ports and folders. Most
 * tests mostly wait, so eight are not too many for two cores.
 */
const JOBS = "8";

const NO_REDIS = `No redis-server ${OLDEST_REDIS.join(".")} or later was found, so the tests on Redis are skipped and
only the embedded store is tested. To run them all, install Redis so that "redis-server" is on the PATH: "apt-get
install redis-server" on Debian and Ubuntu, "brew install redis" on macOS, or see https://redis.io/docs/install. The
tests start servers of their own and leave one that is already running alone.`;

/** Files whose tests take long start first, alone, those of the page with one browser. Otherwise one would run at the end. */
const LONG = [
  "tests/testing/chaos/chaos_test.ts",
  "tests/client/internal/delivery/lease_renewer_test.ts",
  "tests/http/page/",
  "tests/project/examples_test.ts",
  "tests/store/sqlite/sqlite_store_test.ts",
  "tests/migrate/migrate_test.ts",
  "tests/store/redis/redis_store_test.ts",
  "tests/clients/matrix_test.ts",
  "tests/core/config/limits_test.ts",
  "tests/testing/bench/measures/stress/large_test.ts",
  "tests/testing/bench/measures/stress/hostile_test.ts",
  "tests/project/docs_test.ts",
  "tests/system/crash_test.ts",
  "tests/system/unavailable_test.ts",
  "tests/system/secured_redis_test.ts",
  "tests/system/redis_refusals_test.ts",
  "tests/system/redis_clock_test.ts",
  "tests/project/fedify_test.ts",
  "tests/project/package_test.ts",
  "tests/commands/shared/login_test.ts",
];

/** Each module that `deno test` runs is a worker, which loads all of okq anew. So the other files share these many. */
const SHARED_MODULES = 24;

/** The counts of a run. */
export interface Counts {
  passed: number;
  /** Failed tests, and files that did not load. */
  failed: number;
  /** Tests that need something that this machine does not have. */
  skipped: number;
}

/** Reads the counts from the last summary line of `deno test`: `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
export function parseCounts(output: string): Counts | undefined {
  // deno-lint-ignore no-control-regex
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const summary = plain.split(/\r?\n/).findLast((line) => /^(ok|FAILED) \| \d+ passed\b/.test(line));
  if (summary === undefined) return undefined;
  const count = (word: string) => Number(summary.match(`\\| (\\d+) ${word}\\b`)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

/** The last line of the output. */
export function lastLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : "");
}

/** Whether the output of `redis-server --version` is of a supported version. */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = version.match(/v=(\d+)\.(\d+)/)?.map(Number) ?? [];
  return major > OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor >= OLDEST_REDIS[1]);
}

/** Runs a program. Resolves to its standard output, or an empty string if it cannot be run. */
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

/** Installs packages of Debian, if the user is root and the system has apt-get. */
async function install(packages: string[]): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0 || await outputOf("apt-get", "--version") === "") return;
  for (const args of [["update"], ["install", "-y", ...packages]]) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const { success } = await new Deno.Command("apt-get", { args, env, stdin: "null" }).spawn().status;
    if (!success) return;
  }
}

/**
 * Writes modules that import all test files to a new folder. Returns them in the order in which they are to start:
 * `deno test` keeps it among the modules of one folder only.
 */
async function testModules(folder: string): Promise<string[]> {
  const paths = (await sourcePaths("tests/")).filter((path) => path.endsWith("_test.ts"));
  const groups = LONG.map((start) => paths.filter((path) => path.startsWith(start)));
  const short = paths.filter((path) => !groups.flat().includes(path));
  // Neighbours take about as long, so each module gets files from everywhere.
  groups.push(...Map.groupBy(short, (_, i) => i % SHARED_MODULES).values());
  return await Promise.all(groups.map(async (paths, i) => {
    const module = `${folder}/${i}.ts`;
    const lines = paths.map((path) => `import "${new URL(path, ROOT).href}";\n`);
    await Deno.writeTextFile(module, lines.join(""));
    return module;
  }));
}

/** Checks the types of everything. Resolves to what is wrong; empty if nothing is. */
async function typeErrors(): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: ["check", "--quiet"], cwd: ROOT, stdin: "null" });
  const { success, stderr } = await command.output();
  return success ? "" : new TextDecoder().decode(stderr);
}

/** Runs `deno test` and prints its output meanwhile. Resolves to its exit code and its standard output. */
async function denoTest(args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--parallel", ...args],
    cwd: ROOT,
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
  const hasFiles = Deno.args.some((arg) => !arg.startsWith("-"));
  const checking = hasFiles ? "" : typeErrors(); // while packages are installed
  const missing = [];
  if (!await hasRedis()) missing.push("redis-server");
  if (!await hasLuacheck()) missing.push(LUACHECK_PACKAGE);
  if (missing.length > 0) await install(missing);
  const withRedis = await hasRedis();
  if (!withRedis) await print(NO_REDIS);
  await installChromium();
  const lacking = await installClients();
  if (lacking !== undefined) await print(lacking);
  const folder = await Deno.makeTempDir({ prefix: "okq_tests_" });
  const args = hasFiles ? Deno.args : ["--no-check", ...Deno.args, ...await testModules(folder)];
  const { code, output } = await denoTest(args, withRedis ? {} : { OKQ_TEST_REDIS: "" });
  await Deno.remove(folder, { recursive: true });
  const errors = await checking;
  const counts = parseCounts(output) ?? { passed: 0, failed: 0, skipped: 0 };
  // A run can fail without a failed test, for example if a file does not compile.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (errors !== "") {
    counts.failed++;
    await print(errors);
  }
  await print(lastLine(counts));
  Deno.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
}
