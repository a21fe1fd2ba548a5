import { assert } from "../deps.ts";
import { CLIENTS } from "./clients.ts";
import { installedPackages, neededPackages, npmPackages, upstream } from "./setup.ts";

Deno.test("upstream leaves out what Debian adds to a version", () => {
  const versions = ["4.3.4-3", "2:2.000-1", "5.3.7+4.3.0-3", "1.1.10-2", "2:8.2+93", "1.0-rc1-2"];
  assert.deepEqual(versions.map(upstream), ["4.3.4", "2.000", "5.3.7", "1.1.10", "8.2", "1.0-rc1"]);
});

Deno.test("neededPackages names each package once", () => {
  const names = neededPackages();
  assert.ok(names.includes("python3-redis"));
  assert.equal(new Set(names).size, names.length);
});

Deno.test("npmPackages pins every client from npm under its own name", () => {
  const packages = npmPackages();
  assert.equal(packages["redis-4"], "npm:redis@4.7.1");
  assert.equal(Object.keys(packages).length, CLIENTS.filter(({ npm }) => npm !== undefined).length);
  for (const version of Object.values(packages)) assert.match(version, /(^|@)\d+\.\d+\.\d+$/);
});

Deno.test("npm.lock holds the versions of the table", async () => {
  const { specifiers } = JSON.parse(await Deno.readTextFile(new URL("npm.lock", import.meta.url)));
  const wanted = CLIENTS.flatMap(({ npm, version }) => npm ? [`npm:${npm.package}@${version}`] : []);
  assert.deepEqual(Object.keys(specifiers).toSorted(), wanted.toSorted());
});

Deno.test("installedPackages leaves out what is not installed", async () => {
  assert.deepEqual(await installedPackages(["okq-is-no-package-of-debian"]), new Map());
});
