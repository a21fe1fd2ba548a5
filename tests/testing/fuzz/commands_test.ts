import { FUZZED } from "../../../testing/fuzz/commands.ts";
import { COMMANDS } from "../../../server.ts";
import { assert } from "../../deps.ts";

Deno.test("Every command on queues is fuzzed beside the model", () => {
  const onQueues = COMMANDS.map(({ name }) => name).filter((name) => /^Q/.test(name) && name !== "QUIT");
  const fuzzed = FUZZED.map(({ name }) => name);
  assert.deepEqual(onQueues.filter((name) => !fuzzed.includes(name)), []);
});
