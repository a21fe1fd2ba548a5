import { parseConfig } from "../../core/config/flags.ts";
import { VERSION } from "../../core/version.ts";
import { systemdAnalyze, typedObjects, verifyUnits } from "../../deploy/lint.ts";
import { assert, parseYaml } from "../deps.ts";
import { importsOf, readSource } from "../support/sources.ts";

/** The documents of a YAML file. */
// deno-lint-ignore no-explicit-any -- the files have no types; a wrong path fails the test
async function yaml(path: string): Promise<any[]> {
  return parseYaml(await readSource(path)).map((document) => {
    assert.deepEqual([...document.errors, ...document.warnings], [], path);
    return document.toJS();
  });
}

const DOCKERFILE = await readSource("deploy/Dockerfile");
const UNIT = await readSource("deploy/okq.service");
const [COMPOSE] = await yaml("deploy/compose.yaml");
const KUBERNETES = await yaml("deploy/kubernetes.yaml");
const [CI] = await yaml(".github/workflows/ci.yml");
const [RELEASE] = await yaml(".github/workflows/release.yml");

/** An object of the Kubernetes example. */
function object(kind: string, name: string) {
  return KUBERNETES.find((object) => object.kind === kind && object.metadata.name === name);
}

/** The exec form of an instruction of the Dockerfile. */
function execForm(instruction: string): string[] {
  const [, array] = new RegExp(`^${instruction}[^\\n[]*(?:\\\\\\n[^\\n[]*)?(\\[.*\\])$`, "m").exec(DOCKERFILE)!;
  return JSON.parse(array);
}

Deno.test("okq accepts the options that the files under deploy/ use", () => {
  const entry = execForm("ENTRYPOINT");
  const always = entry.slice(entry.indexOf("server.ts") + 1);
  const [{ args, env }] = object("Deployment", "okq").spec.template.spec.containers;
  const store = env.find(({ name }: { name: string }) => name === "OKQ_STORE").value;
  const options = [
    [...always, ...COMPOSE.services.okq.command],
    [...always, ...args, "--store", store],
    ...[...UNIT.matchAll(/(?:OPTIONS=|^#  +)(--.*?)"?$/gm)].map(([, options]) => options.split(" ")),
    ...[...DOCKERFILE.matchAll(/^#.* okq (--.*)$/gm)].map(([, options]) => [...always, ...options.split(" ")]),
  ];
  assert.equal(options.length, 6);
  for (const given of options) assert.notEqual(parseConfig(given, {}).listenAddr, null, `${given}`);
});

Deno.test("The image contains everything that the server and its health check import, and does not run as root", async () => {
  const allowed = (await readSource("deploy/Dockerfile.dockerignore")).match(/(?<=^!).+$/gm)!;
  const needed = [...await importsOf("server.ts"), ...await importsOf("deploy/healthcheck.ts")]
    .flatMap(({ from, to }) => [from, to]).filter((path) => !path.includes(":") && path !== "");
  assert.ok(needed.length > 100);
  const has = (path: string) => allowed.some((one) => path === one || path.startsWith(`${one}/`));
  assert.deepEqual(needed.filter((path) => !has(path)), []);
  for (const path of ["deno.json", "deno.lock", "deploy/healthcheck.ts"]) assert.ok(has(path), path);

  const probe = object("Deployment", "okq").spec.template.spec.containers[0].livenessProbe.exec.command;
  assert.deepEqual(execForm("HEALTHCHECK"), probe);
  assert.equal(probe.at(-1), "deploy/healthcheck.ts");
  const user = object("Deployment", "okq").spec.template.spec.securityContext.runAsUser;
  assert.match(DOCKERFILE, new RegExp(`^USER ${user}:${user}$`, "m"));
});

Deno.test("Images and workflows use the Deno and the okq version of the project", async () => {
  const [, deno] = /deno@(\S+)/.exec(await readSource(".ci/run"))!;
  const versions = [
    ...[...DOCKERFILE.matchAll(/^FROM denoland\/deno:(?:\w+-)?([\d.]+)/gm)].map(([, version]) => version),
    ...[CI.jobs.check, RELEASE.jobs.release].map(({ steps }) =>
      steps.find(({ uses }: { uses?: string }) => uses?.startsWith("denoland/setup-deno@")).with["deno-version"]
    ),
  ];
  assert.deepEqual(versions, [deno, deno, deno, deno]);
  assert.equal(object("Deployment", "okq").spec.template.spec.containers[0].image, `okq:${VERSION}`);
});

Deno.test("CI runs .ci/run on each supported Redis, and a release requires it", () => {
  const { strategy, steps } = CI.jobs.test;
  const stores = strategy.matrix.include.map(({ store }: { store: string }) => store.match(/^[a-z]+-\d+/)![0]);
  assert.deepEqual(stores, ["redis-6", "redis-7", "redis-8", "valkey-8"]);
  for (const { store, source } of strategy.matrix.include) assert.ok(source.includes(store.split("-")[1]), source);
  assert.equal(steps.at(-1).run, ".ci/run");
  assert.equal(RELEASE.jobs.test.uses, "./.github/workflows/ci.yml");
  assert.equal(RELEASE.jobs.release.needs, "test");
  for (const { permissions } of [CI, RELEASE]) assert.deepEqual(permissions, { contents: "read" });
});

Deno.test("Everything that the Kubernetes example refers to is in it", async () => {
  for (const { kind, spec } of KUBERNETES) {
    const labels = { ...spec?.selector?.matchLabels, ...spec?.podSelector?.matchLabels };
    const app = labels.app ?? (kind === "Service" ? spec.selector.app : undefined);
    if (app === undefined) continue;
    const pods = KUBERNETES.filter(({ spec }) => spec?.template?.metadata.labels.app === app);
    assert.equal(pods.length, 1, `${kind} ${app}`);
  }
  const names = new Set(KUBERNETES.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  assert.equal(names.size, KUBERNETES.length);
  assert.ok(names.has(`ConfigMap ${object("StatefulSet", "redis").spec.template.spec.volumes[0].configMap.name}`));
  assert.ok(names.has(`Service ${object("StatefulSet", "redis").spec.serviceName}`));
  const [{ command: [, , script] }] = object("Job", "redis-create-cluster").spec.template.spec.containers;
  const { code } = await new Deno.Command("sh", { args: ["-n", "-c", script] }).output();
  assert.equal(code, 0);
});

Deno.test("typedObjects names the API type of each object", () => {
  const [first, second] = typedObjects("apiVersion: v1\nkind: Service\n---\napiVersion: batch/v1\nkind: Job\n")
    .split(";\nimport ");
  assert.match(
    first,
    /^import type \{ Service as Type0 \} from ".*\/core\/v1\.d\.ts";\nexport const object0: Type0 = \{/,
  );
  assert.match(second, /Job as Type1.*\/batch\/v1\.d\.ts/);
});

Deno.test("systemd knows every setting of the units", async () => {
  assert.equal(await systemdAnalyze("verify", UNIT), "");
  assert.equal(await systemdAnalyze("security", UNIT), "");
  assert.equal(await verifyUnits("deploy/okq-backup.service", "deploy/okq-backup.timer"), "");
});
