import { KvQueue } from "../../examples/deno_kv.ts";
import { assert } from "../deps.ts";
import { Calls, hostPort, totalOf } from "../support/consuming.ts";
import { eventually } from "../support/eventually.ts";
import { fields } from "../support/fields.ts";
import { runProgram } from "../support/process.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { ROOT } from "../support/sources.ts";
import { forEachStore, serveForTest } from "../support/stores.ts";

/** Shows what happens to values: in order, so that it can be compared. */
const MAIN = `
import { KvQueue } from "${ROOT}examples/deno_kv.ts";

const [addresses] = Deno.args;
const kv = await Deno.openKv(":memory:");
type Queue = Pick<Deno.Kv, "enqueue" | "listenQueue">;
const queue: Queue = addresses === undefined ? kv : new KvQueue({ addresses, kv });

let attempts = 0;
const seen = Promise.withResolvers<unknown>();
queue.listenQueue((value: unknown) => {
  if (value instanceof Map) return seen.resolve(value);
  attempts++;
  throw new Error("mailbox full");
});
const value = new Map<string, unknown>([["date", new Date(0)], ["bytes", new Uint8Array([0, 255])], ["big", 2n ** 70n]]);
value.set("itself", value);
const { ok } = await queue.enqueue(value, { delay: 100 });
console.log(ok, await seen.promise);

await queue.enqueue({ to: "ann" }, { backoffSchedule: [10, 20], keysIfUndelivered: [["failed", 1], ["failed", "ann"]] });
const keys = [["failed", 1], ["failed", "ann"]];
while ((await kv.getMany(keys)).some(({ value }) => value === null)) await new Promise((resolve) => setTimeout(resolve, 20));
for (const { key, value } of await kv.getMany(keys)) console.log(attempts, key, value);
Deno.exit();
`;

programTest("examples/deno_kv.ts does with values what Deno.Kv does", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/main.ts`, MAIN);
    const options = { main: `${folder}/main.ts`, permissions: ["--unstable-kv", "--allow-net"] };
    const check = new Deno.Command(Deno.execPath(), { args: ["check", "--quiet", "--unstable-kv", options.main] });
    const { success, stderr } = await check.output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const server = await serveForTest("sqlite::memory:");
    const [expected, actual] = await Promise.all([
      runProgram([], options),
      runProgram([hostPort(server.addr)], options),
    ]);
    await server.close();
    assert.deepEqual([expected.code, actual.code], [0, 0], `${expected.stderr}${actual.stderr}`);
    assert.match(expected.stdout, /^true <ref \*1> Map\(4\)[^]*\n3 \[ "failed", 1 \] { to: "ann" }\n/);
    assert.equal(actual.stdout, expected.stdout);
  });
});

await forEachStore(({ test }) => {
  test("examples/deno_kv.ts delivers a value again by its schedule, then keeps it in the dead queue", async (okq) => {
    const queue = okq.queue();
    const wire = await okq.connect();
    const attempts = new Calls<unknown>();
    {
      await using kv = new KvQueue({ addresses: hostPort(okq.addr), queue });
      kv.listenQueue((value) => {
        attempts.call(value);
        throw new Error("mailbox full");
      });
      const { versionstamp } = await kv.enqueue({ to: "ann" }, {
        backoffSchedule: [10, 20],
        keysIfUndelivered: [["x"]],
      });
      await eventually(async () => {
        const { state, attempts, reason } = fields(await wire.command("QGET", `${queue}:dead`, versionstamp));
        assert.deepEqual([state, attempts, reason], ["ready", 3, "mailbox full"]);
      });
    }
    assert.deepEqual(attempts.all, Array(3).fill({ to: "ann" }));
    assert.equal(await totalOf(wire, queue), 0);
  });

  test("examples/deno_kv.ts delivers delayed values, and finishes those in hand when it is closed", async (okq) => {
    const queue = okq.queue();
    const wire = await okq.connect();
    const done: string[] = [];
    const begun = new Calls<string>();
    {
      await using kv = new KvQueue({ addresses: hostPort(okq.addr), queue });
      await kv.enqueue("later", { delay: 3_600_000 });
      await kv.enqueue("now");
      const listening = kv.listenQueue(async (value) => {
        begun.call(value);
        await new Promise((resolve) => setTimeout(resolve, 50));
        done.push(value);
      });
      await begun.reached(1);
      await kv.close();
      await listening;
    }
    assert.deepEqual(done, ["now"]);
    const [[, state]] = (await wire.command("QLIST", queue) as [string, [string, string][]])[1];
    assert.equal(state, "delayed");
  });
});
