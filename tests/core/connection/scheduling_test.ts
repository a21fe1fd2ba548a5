import type { CommandSpec } from "../../../core/command_spec.ts";
import type { Reply } from "../../../resp/reply.ts";
import { assert } from "../../deps.ts";
import { serveCommands } from "../../support/command_server.ts";
import { eventually } from "../../support/eventually.ts";
import { programTest } from "../../support/programs.ts";
import { connect, type Wire } from "../../support/wire.ts";

/** Declares a test with commands that begin when they may, and are answered when the test says. */
function test(name: string, body: (client: Wire, begun: string[], answer: (name: string) => void) => Promise<void>) {
  programTest(name, async () => {
    const begun: string[] = [];
    const pending = new Map<string, (reply: Reply) => void>();
    const kinds: Partial<CommandSpec>[] = [
      { name: "BRIEF", brief: true },
      { name: "STEPS" },
      { name: "ALONE", exclusive: true },
      { name: "FOLLOWS", exclusive: true, blocks: true, followsBrief: () => true },
    ];
    const handle: CommandSpec["handle"] = (_, [, argument]) => {
      const name = new TextDecoder().decode(argument);
      begun.push(name);
      return new Promise((resolve) => pending.set(name, resolve));
    };
    const { server } = await serveCommands(kinds.map((kind) => ({ name: "", arity: [1, 1], handle, ...kind })));
    await using _closing = { [Symbol.asyncDispose]: () => server.close() };
    await using client = await connect(server.addr);
    await body(client, begun, (name) => pending.get(name)!(name));
  });
}

test(
  "A command that may follow brief ones begins before they are answered, and holds back those behind it",
  async (client, begun, answer) => {
    await client.sendTogether(["BRIEF", "1"], ["BRIEF", "2"], ["FOLLOWS", "3"], ["BRIEF", "4"], ["FOLLOWS", "5"]);
    await eventually(() => assert.deepEqual(begun, ["1", "2", "3"]));
    for (const name of ["3", "2"]) answer(name);
    answer("1");
    for (const name of ["1", "2", "3"]) assert.equal(await client.shown(), name);
    await eventually(() => assert.deepEqual(begun, ["1", "2", "3", "4", "5"]));
    answer("4");
    assert.equal(await client.shown(), "4");
    answer("5");
    assert.equal(await client.shown(), "5");
  },
);

test("A command that may follow brief ones waits for the answers to all others", async (client, begun, answer) => {
  await client.sendTogether(["BRIEF", "1"], ["STEPS", "2"], ["BRIEF", "3"], ["FOLLOWS", "4"], ["BRIEF", "5"]);
  await eventually(() => assert.deepEqual(begun, ["1", "2", "3"]));
  answer("1");
  assert.equal(await client.shown(), "1");
  assert.deepEqual(begun, ["1", "2", "3"]);
  answer("2");
  assert.equal(await client.shown(), "2");
  await eventually(() => assert.deepEqual(begun, ["1", "2", "3", "4"]));
  for (const name of ["4", "3"]) answer(name);
  for (const name of ["3", "4"]) assert.equal(await client.shown(), name);
  await eventually(() => answer("5"));
});

test("An exclusive command waits for the answers to brief ones, too", async (client, begun, answer) => {
  await client.sendTogether(["BRIEF", "1"], ["ALONE", "2"], ["FOLLOWS", "3"]);
  await eventually(() => assert.deepEqual(begun, ["1"]));
  answer("1");
  assert.equal(await client.shown(), "1");
  await eventually(() => assert.deepEqual(begun, ["1", "2"]));
  answer("2");
  assert.equal(await client.shown(), "2");
  await eventually(() => assert.deepEqual(begun, ["1", "2", "3"]));
  answer("3");
  assert.equal(await client.shown(), "3");
});
