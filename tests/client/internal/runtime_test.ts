import { packClient } from "../../../deploy/release.ts";
import { assert } from "../../deps.ts";
import { hostPort } from "../../support/consuming.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { readSource, ROOT } from "../../support/sources.ts";
import { serveForTest } from "../../support/stores.ts";

/** A program that pushes, consumes, fails and manages, and prints what it saw. */
const PROGRAM = `
import { Admin, Consumer, Producer, json } from "@okq/client";
const addresses = process.argv[2];
const producer = new Producer({ addresses, codec: json() });
const admin = new Admin({ addresses });
await admin.setPolicy("mails", { maxAttempts: 2 });
const ids = await producer.pushAll("mails", ["a", "b", "c"], { id: (value) => value });
const handled = [];
const died = {};
died.promise = new Promise((resolve) => died.resolve = resolve);
const options = { addresses, queues: "mails", codec: json(), retryDelayMs: 0, onError() {}, onDead: died.resolve };
const consumer = new Consumer(options);
const running = consumer.run((event) => {
  handled.push(event.value + event.attempt + event.signal.aborted);
  if (event.value === "c") throw new Error("mailbox full");
});
await died.promise;
consumer.drain();
await running;
await producer.close();
console.log(JSON.stringify([ids, handled, (await admin.get("mails:dead", "c")).reason]));
await admin.close();
`;

async function run(program: string, args: string[], cwd: string | URL): Promise<[code: number, output: string]> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null" }).output();
  return [code, new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr)];
}

/** Makes the package of the client and installs it, as npm does, with the one that it needs. */
async function installClient(folder: string): Promise<void> {
  assert.equal(await packClient(`${folder}/okq-client.tgz`), undefined);
  const [, version] = /npm:@redis\/client@([\d.]+)/.exec(await readSource("client/deps.ts"))!;
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ dependencies: { "@redis/client": version } }));
  const [installed, output] = await run(Deno.execPath(), ["install"], folder);
  assert.equal(installed, 0, output);
  const target = "node_modules/@okq/client";
  await Deno.mkdir(`${folder}/${target}`, { recursive: true });
  const args = ["-xzf", "okq-client.tgz", "--strip-components=1", "-C", target];
  assert.deepEqual(await run("tar", args, folder), [0, ""]);
}

for (const runtime of ["node", "bun"]) {
  const name = `The client, packed as docs/clients.md says, works in ${runtime}`;
  if (!await run(runtime, ["--version"], ROOT).then(() => true, () => false)) {
    Deno.test({ name: `${name} (skipped: no ${runtime} on this machine)`, ignore: true, fn() {} });
    continue;
  }
  programTest(name, async () => {
    await withFolder(async (folder) => {
      await installClient(folder);
      await Deno.writeTextFile(`${folder}/program.mjs`, PROGRAM);
      const server = await serveForTest("sqlite::memory:");
      try {
        const ran = await run(runtime, ["program.mjs", hostPort(server.addr)], folder);
        const expected = [["a", "b", "c"], ["a1false", "b1false", "c1false", "c2false"], "mailbox full"];
        assert.deepEqual(ran, [0, `${JSON.stringify(expected)}\n`]);
      } finally {
        await server.close();
      }
    });
  });
}

programTest("The package of the client has types", async () => {
  await withFolder(async (folder) => {
    await installClient(folder);
    const program = (value: string) => `
import { json, Producer } from "@okq/client";
const producer = new Producer({ codec: json<{ to: string }>() });
await producer.push("mails", { to: ${value} });
`;
    await Deno.writeTextFile(`${folder}/right.ts`, program('"ann"'));
    await Deno.writeTextFile(`${folder}/wrong.ts`, program("1"));
    const [[right, output], [wrong]] = await Promise.all(
      ["right.ts", "wrong.ts"].map((file) => run(Deno.execPath(), ["check", "--quiet", file], folder)),
    );
    assert.deepEqual([right, wrong], [0, 1], output);
  });
});
