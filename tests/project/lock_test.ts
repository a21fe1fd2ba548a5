import { assert } from "../deps.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { readSource, ROOT } from "../support/sources.ts";

for (const path of ["deno.lock", "tests/clients/npm.lock", "tests/project/fedify.lock"]) {
  Deno.test(`Everything that ${path} holds has a hash that it must match`, async () => {
    const { npm, jsr = {}, remote = {} } = JSON.parse(await readSource(path));
    const packages = Object.entries<{ integrity?: string }>({ ...npm, ...jsr });
    assert.ok(packages.length > 0);
    for (const [name, { integrity }] of packages) assert.match(integrity ?? "", /^sha512-[A-Za-z0-9+/]{86}==$/, name);
    assert.deepEqual(remote, {});
  });
}

programTest("Deno refuses what deno.lock does not hold, and leaves the lock as it is", async () => {
  await withFolder(async (folder) => {
    await Deno.copyFile(new URL("deno.json", ROOT), `${folder}/deno.json`);
    await Deno.writeTextFile(`${folder}/main.ts`, 'import fc from "npm:fast-check@4.10.2";\nconsole.log(typeof fc);\n');
    const lock = await readSource("deno.lock");
    const run = async (text: string) => {
      await Deno.writeTextFile(`${folder}/deno.lock`, text);
      const args = ["run", "--no-prompt", "--no-check", "main.ts"];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
      assert.equal(await Deno.readTextFile(`${folder}/deno.lock`), text);
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { code, out, err };
    };
    const { code, out, err } = await run(lock);
    assert.deepEqual([code, out], [0, "object\n"], err);
    const none = await run('{ "version": "5" }');
    assert.notEqual(none.code, 0);
    assert.match(none.err, /lockfile is out of date/i);
  });
});
