/**
 * Lists and reads the files of the project, for tests of the project itself.
 *
 * @module
 */

/** The project's folder. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** Reads a file. @param path within the project */
export function readSource(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

/** The paths of all files, without hidden ones and installed packages. */
export async function sourcePaths(folder = ""): Promise<string[]> {
  const paths = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(new URL(folder || ".", ROOT))) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) paths.push(...await sourcePaths(`${folder}${name}/`));
    if (isFile) paths.push(`${folder}${name}`);
  }
  return paths.toSorted();
}

/** An import of a module by another one. */
export interface Import {
  /** The path within the project of the importing module. */
  from: string;
  /** The path within the project of the imported module, or a specifier like `npm:…`. */
  to: string;
  /** It imports types only. */
  typeOnly: boolean;
  /** It is loaded when the program asks for it. */
  dynamic: boolean;
}

/** A module in the output of `deno info --json`. */
interface Module {
  specifier: string;
  dependencies?: { code?: { specifier: string }; type?: { specifier: string }; isDynamic?: boolean }[];
}

/** All imports by modules of the project that an entry point reaches. */
export async function importsOf(entry: string): Promise<Import[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Reading the imports of ${entry} failed`);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const short = (specifier: string) => specifier.startsWith(ROOT.href) ? specifier.slice(ROOT.href.length) : specifier;
  return modules.filter(({ specifier }) => specifier.startsWith(ROOT.href)).flatMap(({ specifier, dependencies }) =>
    (dependencies ?? []).map(({ code, type, isDynamic }) => ({
      from: short(specifier),
      to: short((code ?? type)?.specifier ?? ""),
      typeOnly: code === undefined,
      dynamic: isDynamic === true,
    }))
  );
}

/** The first cycle among imports, as the paths on it, or undefined if there is none. */
export function findCycle(imports: Import[]): string[] | undefined {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] | undefined => {
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    if (done.has(path)) return undefined;
    for (const { to } of next.get(path) ?? []) {
      const cycle = visit(to, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
  };
  for (const path of next.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
}
