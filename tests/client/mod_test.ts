import { assert } from "../deps.ts";
import { serveFiles } from "../support/file_server.ts";
import { Program } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { readSource, ROOT } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";

const DRIVER = /npm:(@redis\/client@[\d.]+)/.exec(await readSource("client/deps.ts"))![1];

/** The modules that a program loads, as paths within the project or as `npm:…` and `node:…`. */
async function modulesOf(entry: string): Promise<string[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry], cwd: ROOT })
    .output();
  assert.ok(success);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  return modules.map(({ specifier }) => specifier.replace(ROOT.href, ""));
}

const BUILT_IN = {
  "client/mod.ts": ["node:buffer"],
  "client/cli.ts": ["node:buffer", "node:process", "node:readline"],
};

for (const [entry, builtIn] of Object.entries(BUILT_IN)) {
  Deno.test(`${entry} loads only client/, resp/, the Redis client and modules of the runtime`, async () => {
    const modules = await modulesOf(entry);
    assert.ok(modules.includes("client/producer.ts") && modules.includes("client/consumer.ts"));
    const others = modules.filter((module) => !/^(client|resp)\//.test(module));
    assert.deepEqual(others.toSorted(), [...builtIn, `npm:/${DRIVER}`]);
  });
}

programTest("client/mod.ts works by URL in a project that has its own node_modules", async () => {
  const server = await serveForTest("sqlite::memory:");
  await using files = serveFiles();
  await withFolder(async (folder) => {
    const host = `127.0.0.1:${files.addr.port}`;
    const [, name, version] = /^(.+)@(.+)$/.exec(DRIVER)!;
    await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ dependencies: { [name]: version } }));
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { Consumer, json, Producer } from "http://${host}/client/mod.ts";
       const options = { addresses: "127.0.0.1:${server.addr.port}", codec: json<{ hello: string }>() };
       await using producer = new Producer(options);
       await producer.push("q", { hello: "world" });
       await using consumer = new Consumer({ ...options, queues: "q" });
       await consumer.run((event) => {
         console.log(event.value.hello);
         consumer.drain();
       });
      `,
    );
    const install = new Deno.Command(Deno.execPath(), { args: ["install"], cwd: folder, env: { NO_COLOR: "1" } });
    const installed = await install.output();
    assert.ok(installed.success, new TextDecoder().decode(installed.stderr));
    const folders = await Array.fromAsync(Deno.readDir(`${folder}/node_modules`), ({ name }) => name);
    assert.ok(folders.includes("@redis") && !folders.includes("preact"), `${folders}`);
    const permissions = ["--allow-net", `--allow-import=${host}`, `--reload=http://${host}`];
    await using program = new Program([], { main: "main.ts", cwd: folder, permissions });
    const { code, stdout, stderr } = await program.ended;
    assert.deepEqual([code, stdout], [0, "world\n"], stderr);
  });
  await server.close();
});
