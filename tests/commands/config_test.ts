import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "CONFIG", () => [
    [[], wrongArity("CONFIG")],
    [["GET"], "-ERR wrong number of arguments for 'config|get' command"],
    [["SET", "save", ""], "-ERR unknown subcommand 'SET'. Try CONFIG HELP."],
  ]);

  store.test("CONFIG GET returns no settings", async (okq) => {
    const client = await okq.connect();
    for (const pattern of ["save", "*"]) assert.deepEqual(await client.command("CONFIG", "GET", pattern), []);
    assert.deepEqual(await client.command("config", "get", "save"), []);
    await client.command("HELLO", "3");
    assert.deepEqual(await client.command("CONFIG", "GET", "*"), new Map());
  });
});
