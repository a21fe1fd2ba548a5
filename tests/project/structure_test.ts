import { assert } from "../deps.ts";
import type { Command } from "../../commands/shared/command.ts";
import { VERSION } from "../../core/version.ts";
import { COMMANDS } from "../../server.ts";
import { findCycle, type Import, importsOf, readSource, ROOT, sourcePaths } from "../support/sources.ts";
import { TEST_MS } from "../support/limits.ts";

/**
 * The folders of the product and of the long programs, and what the modules in each may import, by the beginning of the
 * path. Imports of types count. A folder that is not here is not known to docs/architecture.md either.
 */
const MAY_IMPORT: Record<string, string[]> = {
  "mod.ts": ["server.ts", "core/", "client/mod.ts"],
  "server.ts": ["commands/", "core/", "http/", "migrate/", "store/"],
  "commands/": ["commands/", "core/", "store/", "resp/"],
  "commands/client/": ["commands/client/", "commands/shared/", "core/", "store/", "resp/"],
  "commands/command/": ["commands/command/", "commands/shared/", "resp/"],
  "commands/info/": ["commands/info/", "core/", "resp/"],
  "commands/shared/": ["commands/shared/", "core/", "store/", "resp/"],
  "http/": ["http/", "core/", "store/", "resp/", "deps.ts"],
  "http/metrics/": ["http/metrics/", "http/route.ts", "core/", "store/", "resp/"],
  "http/routes/": ["http/", "core/", "store/", "resp/"],
  "http/page/": ["http/page/", "http/route.ts", "deps.ts"],
  "migrate/": ["migrate/", "core/", "store/", "resp/printable.ts", "client/cli/progress.ts", "deps.ts"],
  "core/": ["core/", "store/", "resp/"],
  "core/auth/": ["core/auth/", "core/config/", "core/log.ts", "core/util/", "store/", "deps.ts"],
  "core/background/": ["core/", "store/"],
  "core/cli/": ["core/api.ts", "core/config/", "core/cli/", "core/log.ts", "core/util/", "core/version.ts", "store/"],
  "core/config/": ["core/auth/", "core/config/", "core/log.ts", "core/util/", "store/", "deps.ts"],
  "core/connection/": ["core/", "store/", "resp/"],
  "core/delivery/": ["core/", "store/"],
  "core/metrics/": ["core/", "store/", "resp/", "deps.ts"],
  "core/net/": ["core/config/", "core/log.ts", "core/net/", "core/util/", "deps.ts"],
  "core/timetables/": ["core/", "store/", "resp/", "deps.ts"],
  "core/util/": [],
  "store/": ["store/", "core/util/"],
  "store/redis/": ["store/", "core/util/", "deps.ts"],
  "store/redis/batching/": ["store/", "core/util/", "deps.ts"],
  "store/redis/connection/": ["store/", "resp/", "core/util/", "deps.ts"],
  "store/redis/records/": ["store/", "core/util/", "deps.ts"],
  "store/redis/script/": ["store/", "deps.ts"],
  "store/redis/script/lua/": [],
  "store/sqlite/": ["store/", "core/util/", "deps.ts"],
  "store/sqlite/database/": ["store/", "deps.ts"],
  "store/sqlite/operations/": ["store/", "deps.ts"],
  "store/sqlite/records/": ["store/", "core/util/", "deps.ts"],
  "store/sqlite/tables/": ["store/", "deps.ts"],
  "resp/": ["resp/"],
  "resp/client/": ["resp/"],
  "client/": ["client/", "resp/"],
  "client/cli/": ["client/", "resp/"],
  "client/cli/consume/": ["client/"],
  "client/internal/": ["client/", "resp/"],
  "client/internal/delivery/": ["client/"],
  "deploy/": ["core/", "tests/support/", "deps.ts"],
  "testing/": ["testing/", "tests/deps.ts", "tests/support/", "core/", "store/", "resp/", "server.ts"],
  "testing/bench/": ["testing/bench/", "testing/", "tests/", "client/", "core/", "store/", "resp/"],
  "testing/bench/direct/": [],
  "testing/bench/load/": ["testing/bench/", "testing/", "tests/", "resp/", "core/util/"],
  "testing/bench/load/large/": ["testing/bench/", "testing/", "tests/", "resp/", "core/util/"],
  "testing/bench/measures/": ["testing/bench/", "testing/", "tests/", "resp/", "core/util/"],
  "testing/bench/measures/stress/": ["testing/bench/", "testing/", "tests/", "resp/", "core/util/"],
  "testing/bench/rivals/": ["testing/bench/", "testing/", "tests/", "client/mod.ts"],
  "testing/chaos/": ["testing/chaos/", "testing/", "tests/", "store/", "resp/", "core/util/"],
  "testing/chaos/load/": ["testing/chaos/", "testing/", "tests/", "core/util/"],
  "testing/chaos/scenarios/": ["testing/chaos/", "testing/", "tests/", "store/", "core/util/"],
  "testing/fuzz/": ["testing/fuzz/", "testing/", "tests/", "server.ts", "store/", "resp/", "core/util/"],
  "testing/fuzz/properties/": ["testing/fuzz/", "testing/", "tests/", "resp/", "core/util/"],
  "testing/soak/": ["testing/soak/", "testing/", "tests/", "resp/", "core/util/"],
};

/** Folders without modules that others import. */
const OTHER_FOLDERS = ["", "deploy/helm/", "deploy/helm/templates/", "docs/", "docs/page/", "docs/soak/", "examples/"];

/** Tests of no single source: of the running server, of the project itself, of other clients; and their helpers. */
const TESTS_WITHOUT_SOURCE = ["tests/system/", "tests/project/", "tests/clients/"];

/** The long programs do not import each other. */
const LONG_PROGRAMS = ["testing/bench/", "testing/chaos/", "testing/fuzz/", "testing/soak/"];

const ENTRY_POINTS = [
  "server.ts",
  "mod.ts",
  "client/mod.ts",
  "client/cli.ts",
  "deploy/healthcheck.ts",
  "deploy/lint.ts",
  "deploy/release.ts",
  "testing/bench/bench.ts",
  "testing/bench/rivals/okq_program.ts",
  "testing/chaos/chaos.ts",
  "testing/fuzz/fuzz.ts",
  "testing/soak/soak.ts",
];

/** The concrete stores, which only the modules that open them may import. */
const STORES = ["store/redis/", "store/sqlite/"];

/** The files that may import from outside of the project. */
const DEPS = [
  "deps.ts",
  "client/deps.ts",
  "client/cli/deps.ts",
  "store/redis/deps.ts",
  "tests/deps.ts",
  "testing/bench/deps.ts",
];

/** Longest file, in lines: beyond it, look for the second idea. */
const MAX_LINES = 400;

/** Most files in a folder of the product, besides a `deps.ts`. The commands, one file each, and the files of the page are more. */
const MAX_FILES = 12;
const LARGE_FOLDERS = ["commands/", "http/page/"];

function shown({ from, to }: Import): string {
  return `${from} imports ${to}`;
}

/** The room of a module: its own row, or that of its folder. */
function roomOf(path: string): string {
  return path in MAY_IMPORT ? path : folderOf(path);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function unique(imports: Import[]): Import[] {
  return [...new Map(imports.map((one) => [shown(one), one])).values()];
}

const imports = unique((await Promise.all(ENTRY_POINTS.map(importsOf))).flat())
  .filter(({ from }) => !DEPS.includes(from) && !from.startsWith("tests/"));

Deno.test("Imports are found in every room with modules", () => {
  const rooms = new Set(imports.map(({ from }) => roomOf(from)));
  const expected = Object.entries(MAY_IMPORT).filter(([, allowed]) => allowed.length > 0).map(([room]) => room);
  assert.deepEqual(expected.filter((room) => !rooms.has(room)), []);
});

Deno.test("Imports point one way: server, then commands, http and migrate, then core, then store and resp", () => {
  const wrong = imports.filter(({ from, to }) => {
    const allowed = MAY_IMPORT[roomOf(from)] ?? [];
    return !DEPS.includes(to) && !allowed.some((start) => to.startsWith(start)) ||
      to === "deps.ts" && !allowed.includes("deps.ts") && !from.startsWith("testing/");
  });
  assert.deepEqual(wrong.map(shown), []);
});

Deno.test("The long programs do not import each other", () => {
  const programOf = (path: string) => LONG_PROGRAMS.find((program) => path.startsWith(program));
  const wrong = imports.filter(({ from, to }) => {
    return programOf(from) && programOf(to) && programOf(from) !== programOf(to);
  });
  assert.deepEqual(wrong.map(shown), []);
});

Deno.test("Imports make no cycle, those of types included", () => {
  assert.equal(findCycle(imports), undefined);
});

Deno.test("findCycle finds a cycle", () => {
  const chain = ["a", "b", "c", "b"].map((from, i, all) => ({
    ...{ from, to: all[i + 1] ?? "end" },
    ...{ typeOnly: false, dynamic: false },
  }));
  assert.deepEqual(findCycle(chain), ["b", "c", "b"]);
  assert.equal(findCycle(chain.slice(0, 2)), undefined);
});

Deno.test("Only store/open.ts and migrate/ import a store by name", () => {
  const wrong = imports.filter(({ from, to }) => {
    const store = STORES.find((store) => to.startsWith(store));
    const mayOpen = from === "store/open.ts" || from.startsWith("migrate/") || from.startsWith("testing/");
    return store !== undefined && !from.startsWith(store) && !mayOpen;
  });
  assert.deepEqual(wrong.map(shown), []);
});

Deno.test("Only deps.ts imports what is not of the project", async () => {
  const foreign =
    /^\s*(?:import|export)\b[^;"'`]*["'](?:npm|node|jsr|https?):|\bimport\(\s*["'`](?:npm|node|jsr|https?):/m;
  const wrong = [];
  for (const path of await sourcePaths()) {
    const isOfProject = path.endsWith(".ts") && !DEPS.includes(path) && !path.startsWith("examples/"); // readers copy those
    if (isOfProject && foreign.test(await readSource(path))) wrong.push(path);
  }
  assert.deepEqual(wrong, []);
  assert.match(await readSource("deps.ts"), foreign);
});

Deno.test("okq loads the Redis client only for a store in Redis", async () => {
  const loaded = new Set(["server.ts"]);
  const all = (await importsOf("server.ts")).filter(({ typeOnly, dynamic }) => !typeOnly && !dynamic);
  for (const path of loaded) for (const { from, to } of all) if (from === path) loaded.add(to);
  assert.deepEqual([...loaded].filter((path) => path.includes("redis/")), []);
  assert.ok(loaded.has("store/sqlite/sqlite_store.ts") && loaded.has("migrate/go_migration.ts"));
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

Deno.test("Every file is in a folder that is known, and docs/architecture.md names the folder", async () => {
  const known = [...Object.keys(MAY_IMPORT).filter((room) => room.endsWith("/")), ...OTHER_FOLDERS];
  const folders = new Set((await sourcePaths()).map(folderOf).filter((folder) => !/^(tests|dist)\//.test(folder)));
  assert.deepEqual([...folders].filter((folder) => !known.includes(folder)), []);
  const architecture = await readSource("docs/architecture.md");
  const topLevel = new Set(
    [...folders, "tests/"].map((folder) => folder.split("/", 1)[0]).filter((name) => name !== ""),
  );
  assert.deepEqual([...topLevel].filter((name) => !architecture.includes(`\`${name}/\``)), []);
});

Deno.test(`A folder has 2 to ${MAX_FILES} files`, async () => {
  const inFolders = Map.groupBy(
    (await sourcePaths()).filter((path) => roomOf(path) in MAY_IMPORT && !DEPS.includes(path)),
    folderOf,
  );
  const wrong = [...inFolders].filter(([folder, { length }]) =>
    folder !== "" && (length < 2 || length > MAX_FILES) && !LARGE_FOLDERS.includes(folder)
  );
  assert.deepEqual(wrong.map(([folder, { length }]) => `${folder}: ${length}`), []);
});

Deno.test("Every test stands where its source does", async () => {
  const paths = await sourcePaths();
  const sources = new Set(paths.map((path) => path.replace(/\.[a-z]+$/, "")));
  const tests = paths.filter((path) => /^tests\/.*_test\.ts$/.test(path));
  assert.ok(tests.length >= COMMANDS.length);
  const stray = tests.filter((path) =>
    !sources.has(path.slice("tests/".length, -"_test.ts".length)) &&
    !TESTS_WITHOUT_SOURCE.some((folder) => path.startsWith(folder))
  );
  assert.deepEqual(stray, []);
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

Deno.test("The version is the same in core/version.ts, deno.json and client/jsr.json", async () => {
  const versions = await Promise.all(["deno.json", "client/jsr.json"].map(readSource));
  assert.deepEqual(versions.map((text) => JSON.parse(text).version), [VERSION, VERSION]);
});

Deno.test({
  name: "Importing mod.ts asks for no permission, starts nothing and ends by itself",
  timeout: TEST_MS,
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
