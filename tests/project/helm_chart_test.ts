import { parseConfig } from "../../core/config/flags.ts";
import { VERSION } from "../../core/version.ts";
import { assert, parseYaml } from "../deps.ts";
import { readSource, sourcePaths } from "../support/sources.ts";

// `deno task lint-deploy` renders the chart, for which it fetches Helm. These tests read it only.

// deno-lint-ignore no-explicit-any -- the files have no types
async function yaml(path: string): Promise<any> {
  const [document, ...others] = parseYaml(await readSource(path));
  assert.deepEqual([...document.errors, ...document.warnings, ...others], [], path);
  return document.toJS();
}

const VALUES = await yaml("deploy/helm/values.yaml");
const PATHS = (await sourcePaths("deploy/helm/templates/")).filter((path) => path.endsWith(".yaml"));
const TEMPLATES = (await Promise.all(PATHS.map(readSource))).join("\n");

/** The paths of values that templates use, such as `image.tag`. */
const USED = new Set(Array.from(TEMPLATES.matchAll(/\.Values\.([\w.]+)/g), ([, path]) => path));

Deno.test("The chart has the version of okq", async () => {
  const { name, version, appVersion } = await yaml("deploy/helm/Chart.yaml");
  assert.deepEqual([name, version, appVersion], ["okq", VERSION, VERSION]);
});

Deno.test("Every value that the chart's templates use has a default", () => {
  assert.ok(USED.size > 20);
  const has = (path: string) => path.split(".").reduce((value, key) => value?.[key], VALUES) !== undefined;
  assert.deepEqual([...USED].filter((path) => !has(path)), []);
});

Deno.test("The chart's templates use every value", () => {
  /** Values that are no objects of values; those of a Kubernetes field are used as a whole. */
  const leaves = (value: unknown, path: string): string[] =>
    USED.has(path) || typeof value !== "object" || value === null || Array.isArray(value)
      ? [path]
      : Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
  assert.deepEqual(leaves(VALUES, "").filter((path) => !USED.has(path)), []);
});

Deno.test("okq accepts the options that the chart gives it, all together", () => {
  const [, args] = /^ +args:\n([^]*?)^ +env:/m.exec(TEMPLATES)!;
  const words = Array.from(args.matchAll(/^ +- ([^{\s]+)$/gm), ([, word]) => word);
  const config = parseConfig([...words, "--store", "redis://127.0.0.1:6379/0"], {});
  assert.deepEqual([config.users, config.requirepassFile], ["/run/secrets/okq/users", "/run/secrets/okq/password"]);
  assert.deepEqual([config.tlsListenAddr?.port, config.httpAddr?.port, config.httpTls], [4779, 4778, true]);
});

Deno.test("The pods of the chart run as those of the Kubernetes example do", async () => {
  const example = await readSource("deploy/kubernetes.yaml");
  const probe = VALUES.livenessProbe.exec.command.join(", ");
  assert.ok(example.includes(`command: [${probe}]`), probe);
  for (
    const line of [
      "automountServiceAccountToken: false",
      "terminationGracePeriodSeconds: 15",
      "runAsNonRoot: true",
      "runAsUser: 65532",
      "seccompProfile: { type: RuntimeDefault }",
      '- { name: net.ipv4.tcp_keepalive_time, value: "30" }',
      "allowPrivilegeEscalation: false",
      "readOnlyRootFilesystem: true",
      "capabilities: { drop: [ALL] }",
    ]
  ) {
    assert.ok(example.includes(line) && TEMPLATES.includes(line), line);
  }
});
