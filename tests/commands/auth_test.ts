import { assert } from "../deps.ts";
import { forEachStore } from "../stores.ts";
import { refuses, wrongArity } from "./refusals.ts";

await forEachStore((store) => {
  refuses(store, "AUTH", () => [
    [[], wrongArity("AUTH")],
    [["a", "b", "c"], /^-ERR (wrong number of arguments for 'auth' command|syntax error)$/],
    [["nobody", "secret"], "-WRONGPASS invalid username-password pair or user is disabled."],
    [["secret"], /^-ERR AUTH <password> called without any password configured for the default user\./],
  ]);

  store.test("AUTH lets the default user in with any password, as a Redis without one does", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("AUTH", "default", "secret"), "+OK");
    assert.equal(await client.command("auth", "default", ""), "+OK");
  });
});
