import { assert } from "../deps.ts";
import type { Command } from "../../commands/shared/command.ts";
import { VERSION } from "../../core/version.ts";
import { COMMANDS } from "../../server.ts";
import { findCycle, type Import, importsOf, readSource, ROOT, sourcePaths } from "../support/sources.ts";

/** What the modules of a folder may import, by the beginning of its path. */
const MAY_IMPORT: Record<string, string[]> = {
  "mod.ts": ["server.ts", "core/", "client/mod.ts"],
  "server.ts": ["commands/", "core/", "http/", "migrate/", "store/", "resp/"],
  "commands/": ["commands/", "core/", "store/", "resp/"],
  "core/util/": ["core/util/"],
  "core/": ["core/", "store/", "resp/", "deps.ts"],
  "http/": ["http/", "core/", "store/", "resp/", "deps.ts"],
  "migrate/": ["migrate/", "core/", "store/", "resp/", "client/cli/progress.ts", "deps.ts"],
  "store/": ["store/", "core/util/", "deps.ts"],
  "resp/": ["resp/"],
  "client/": ["client/", "resp/"],
};

/** The stores there are, which only the entry points and what opens them may know. */
const STORES = ["store/redis/", "store/sqlite/"];

/** The files that may import what is not of the project. */
const DEPS = ["deps.ts", "client/deps.ts", "tests/deps.ts", "testing/bench/deps.ts"];

/** Longest file, in lines: beyond it, look for the second idea. */
const MAX_LINES = 400;

function shown({ from, to }: Import): string {
  return `${from} imports ${to}`;
}

const imports = [...await importsOf("server.ts"), ...await importsOf("mod.ts")];

Deno.test("Imports are found at all: the checks below have something to check", () => {
  for (const folder of ["server.ts", "commands/", "core/", "http/", "store/redis/", "store/sqlite/", "resp/"]) {
    assert.ok(imports.some(({ from }) => from.startsWith(folder)), `nothing in ${folder} imports anything`);
  }
});

Deno.test("Imports point one way: server, commands and http, core, then store and resp", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (DEPS.includes(from)) return false;
    const folder = Object.keys(MAY_IMPORT).find((folder) => from.startsWith(folder));
    return folder === undefined || !MAY_IMPORT[folder].some((allowed) => to.startsWith(allowed));
  });
  assert.deepEqual(wrong.map(shown), []);
});

Deno.test("Imports make no cycle, apart from types within core", () => {
  assert.equal(findCycle(imports.filter(({ typeOnly }) => !typeOnly)), undefined);
  const withinCore = ({ from, to }: Import) => from.startsWith("core/") && to.startsWith("core/");
  assert.equal(findCycle(imports.filter((one) => !(one.typeOnly && withinCore(one)))), undefined);
});

Deno.test("findCycle finds a cycle", () => {
  const chain = ["a", "b", "c", "b"].map((from, i, all) => ({ from, to: all[i + 1] ?? "end", typeOnly: false }));
  assert.deepEqual(findCycle(chain), ["b", "c", "b"]);
  assert.equal(findCycle(chain.slice(0, 2)), undefined);
});

Deno.test("Only store/open.ts and migrate/ import a store by name", () => {
  const wrong = imports.filter(({ from, to }) => {
    const store = STORES.find((store) => to.startsWith(store));
    return store !== undefined && !from.startsWith(store) && from !== "store/open.ts" && !from.startsWith("migrate/");
  });
  assert.deepEqual(wrong.map(shown), []);
});

Deno.test("Only deps.ts imports what is not of the project", async () => {
  const foreign =
    /^\s*(?:import|export)\b[^;"'`]*["'](?:npm|node|jsr|https?):|\bimport\(\s*["'`](?:npm|node|jsr|https?):/m;
  const wrong = [];
  for (const path of await sourcePaths()) {
    if (path.endsWith(".ts") && !DEPS.includes(path) && foreign.test(await readSource(path))) wrong.push(path);
  }
  assert.deepEqual(wrong, []);
  assert.match(await readSource("deps.ts"), foreign);
});

Deno.test("What deps.ts imports is pinned", async () => {
  for (const path of DEPS) {
    const source = await readSource(path).catch(() => "");
    for (const [, specifier] of source.matchAll(/["'](npm:[^"']+|jsr:[^"']+|https?:[^"']+)["']/g)) {
      assert.match(specifier, /@\d+\.\d+\.\d+(\/|$)/, path);
    }
  }
});

Deno.test("Every command has its row in the table, its file and its test", async () => {
  const names = COMMANDS.map(({ name }) => name);
  const paths = await sourcePaths();
  for (const name of names) {
    assert.ok(paths.includes(`commands/${name.toLowerCase()}.ts`), `${name} has no file`);
    assert.ok(paths.includes(`tests/commands/${name.toLowerCase()}_test.ts`), `${name} has no test`);
  }
  for (const path of paths.filter((path) => /^commands\/[^/]+\.ts$/.test(path))) {
    const file = path.slice("commands/".length, -".ts".length);
    const exports: Record<string, Partial<Command>> = await import(new URL(path, ROOT).href);
    const command = exports[file];
    if (typeof command?.handle !== "function") continue;
    assert.ok(names.includes(file.toUpperCase()), `${path} has no row in the table`);
    assert.equal(command.name, file.toUpperCase());
  }
});

Deno.test("Every test of a file in commands, core, http and resp stands where its file does", async () => {
  const paths = await sourcePaths();
  const sources = new Set(paths.filter((path) => /^(commands|core|http|resp)\//.test(path)));
  const tests = paths.filter((path) => /^tests\/commands\/[^/]+_test\.ts$/.test(path));
  assert.ok(tests.length >= COMMANDS.length);
  assert.deepEqual(tests.filter((path) => !sources.has(path.slice("tests/".length).replace("_test.ts", ".ts"))), []);
});

Deno.test(`Files have at most ${MAX_LINES} lines`, async () => {
  const long = [];
  for (const path of await sourcePaths()) {
    if (!path.endsWith(".ts") || path.startsWith("tests/")) continue;
    const lines = (await readSource(path)).split("\n").length - 1;
    if (lines > MAX_LINES) long.push(`${path}: ${lines}`);
  }
  assert.deepEqual(long, []);
});

Deno.test("The version is the same in core/version.ts and deno.json", async () => {
  assert.equal(VERSION, JSON.parse(await readSource("deno.json")).version);
});

Deno.test({
  name: "Importing mod.ts asks for no permission, starts nothing and ends by itself",
  timeout: 60_000,
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(
        `${dir}/main.ts`,
        `import { serve } from "${ROOT}mod.ts";\nconsole.log(typeof serve);\n`,
      );
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--no-check", "main.ts"],
        cwd: dir,
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.deepEqual([code, text(stdout)], [0, "function\n"], text(stderr));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
