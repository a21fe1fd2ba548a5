import { assert } from "../deps.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { importsOf, readSource, ROOT } from "../support/sources.ts";

/** The beginning of an executable, to which `deno compile` adds files. It takes the place of one that Deno downloads. */
const RUNTIME = Deno.execPath();

/** The most that an executable may be larger than the runtime: packages of tests would be more. */
const MAX_EMBEDDED_BYTES = 16 * 1024 * 1024;

async function run(args: string[], cwd: string | URL, env: Record<string, string> = {}): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd, env: { NO_COLOR: "1", ...env } });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return text.decode(stdout) + text.decode(stderr);
}

/** The files of the project that a module loads, those that it only takes types from left out unless asked for. */
async function loadedBy(main: string, { types = false } = {}): Promise<string[]> {
  const imports = (await importsOf(main)).filter(({ typeOnly }) => types || !typeOnly);
  const importsBy = Map.groupBy(imports, ({ from }) => from);
  const loaded = new Set([main]); // grows meanwhile
  for (const path of loaded) importsBy.get(path)?.forEach(({ to }) => loaded.add(to));
  return [...loaded].filter((path) => !/^[a-z]+:/.test(path));
}

/** What `deno publish` would publish from a folder, as paths within the project. */
async function publishedFrom(folder: string): Promise<string[]> {
  const output = await run(["publish", "--dry-run", "--allow-dirty", "--no-check"], new URL(folder, ROOT));
  return [...output.matchAll(/^ {3}file:\/\/(\S+) \(/gm)].map(([, path]) => path.slice(ROOT.pathname.length));
}

programTest("client/ is a package of its own, without text imports and the command line client", async () => {
  const published = await publishedFrom("client/");
  const files = await loadedBy("client/mod.ts", { types: true });
  assert.deepEqual(published.toSorted(), [...files, "client/jsr.json"].toSorted());
  for (const path of files) assert.doesNotMatch(await readSource(path), /\bwith \{ type: /, path);
});

programTest("The whole is a package that holds what mod.ts and server.ts load, and no tests", async () => {
  const published = await publishedFrom("./");
  const mains = ["mod.ts", "server.ts", "client/cli.ts"];
  const loaded = new Set((await Promise.all(mains.map((main) => loadedBy(main, { types: true })))).flat());
  assert.deepEqual([...loaded].filter((path) => !published.includes(path)), []);
  const others = published.filter((path) => !loaded.has(path));
  assert.deepEqual(others.toSorted(), ["CHANGELOG.md", "LICENSE", "README.md", "deno.json"]);
  assert.match(await run(["pack", "--dry-run", "--allow-dirty"], ROOT), /^ {2}server\.js\n/m);
});

programTest("The executable holds what okq loads, and nothing else", async () => {
  const { tasks } = JSON.parse(await readSource("deno.json"));
  const files = await loadedBy("server.ts");
  await withFolder(async (folder) => {
    const [, ...args] = tasks.compile.command.replace("--output okq", `--no-check --output ${folder}/okq`).split(" ");
    const output = await run(args, ROOT, { DENORT_BIN: RUNTIME });
    const { size } = await Deno.stat(RUNTIME);
    const embedded = (await Deno.readFile(`${folder}/okq`)).subarray(size);
    assert.ok(embedded.length < MAX_EMBEDDED_BYTES, `${embedded.length}`);
    const text = new TextDecoder("latin1");
    const whole = text.decode(embedded);
    for (const path of files) {
      assert.ok(whole.includes(text.decode(await Deno.readFile(new URL(path, ROOT)))), path);
    }
    const listed = [...output.matchAll(/^[├└][─┬]+ (\S+) \(/gm)].map(([, name]) => name.split("/")[0]);
    const folders = new Set(files.map((path) => path.split("/")[0]));
    assert.deepEqual(listed.toSorted(), [".deno_compile_node_modules", ...folders].toSorted());
    const [tree] = output.split(".deno_compile_node_modules")[1].split(/\n[├└]/);
    const listedPackages = [...tree.matchAll(/── ((?:@[\w-]+\/)?[\w-]+)/g)].map(([, name]) => name);
    const deps = await readSource("deps.ts") + await readSource("store/redis/deps.ts");
    const packages = deps.matchAll(/"npm:((?:@[\w-]+\/)?[\w-]+)@/g);
    assert.deepEqual(listedPackages.toSorted(), [...new Set(Array.from(packages, ([, name]) => name))].toSorted());
  });
});
