import { assert, FEDIFY, FEDIFY_TESTING } from "../deps.ts";
import { hostPort, totalOf } from "../support/consuming.ts";
import { readSource, ROOT } from "../support/sources.ts";
import { forEachStore } from "../support/stores.ts";

const FOLDER = await Deno.makeTempDir({ prefix: "okq_fedify_" });
globalThis.addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));

/** Runs the tests that Fedify has for message queues, and shows the depth of one. */
const MAIN = `
import type { MessageQueue } from "${FEDIFY}";
import { testMessageQueue } from "${FEDIFY_TESTING}";
import { OkqMessageQueue } from "${ROOT}examples/fedify.ts";

const [addresses, queue] = Deno.args;
const create = (): MessageQueue & AsyncDisposable => new OkqMessageQueue({ addresses, queue });
await testMessageQueue(create, async ({ mq1, mq2 }) => {
  await mq1[Symbol.asyncDispose]();
  await mq2[Symbol.asyncDispose]();
}, { testOrderingKey: true });

await using waiting = create();
await waiting.enqueueMany!(["1", "2", "3"], { orderingKey: "a" });
await waiting.enqueue("later", { delay: Temporal.Duration.from({ hours: 25 }) });
console.log(JSON.stringify(await waiting.getDepth!()));
`;

async function deno(...args: string[]): Promise<[code: number, stdout: string, stderr: string]> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: FOLDER, env: { NO_COLOR: "1" } });
  const { code, stdout, stderr } = await command.output();
  return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
}

/** Installs the packages. Resolves to whether they are there. */
async function install(): Promise<boolean> {
  const locks = await Promise.all(["deno.lock", "tests/project/fedify.lock"].map(readSource));
  const [okq, fedify] = locks.map((lock) => JSON.parse(lock));
  const both = (part: string) => ({ ...okq[part], ...fedify[part] });
  const lock = { version: okq.version, specifiers: both("specifiers"), npm: both("npm") };
  await Deno.writeTextFile(`${FOLDER}/deno.lock`, JSON.stringify(lock));
  await Deno.writeTextFile(`${FOLDER}/deno.json`, "{}");
  await Deno.writeTextFile(`${FOLDER}/main.ts`, MAIN);
  const [code] = await deno("install", "--frozen", "--entrypoint", "main.ts");
  return code === 0;
}

const isThere = await install();

if (!isThere) {
  Deno.test({ name: "Fedify's own tests of examples/fedify.ts (skipped: no Fedify from npm)", ignore: true, fn() {} });
} else {
  await forEachStore(({ test }) => {
    test("examples/fedify.ts passes Fedify's own tests, ordering keys included", async ({ addr, connect, queue }) => {
      const name = queue();
      const args = ["run", "--frozen", "--check", "--no-prompt", "--allow-net", "main.ts", hostPort(addr), name];
      const [code, stdout, stderr] = await deno(...args);
      assert.deepEqual([code, stdout], [0, '{"queued":4,"ready":1,"delayed":1}\n'], stderr);
      assert.equal(await totalOf(await connect(), name), 4);
    });
  });
}
