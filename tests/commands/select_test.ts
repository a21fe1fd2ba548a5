import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "SELECT", () => [
    [[], wrongArity("SELECT")],
    [["0", "0"], wrongArity("SELECT")],
    [["1"], "-ERR DB index is out of range"],
    [["15"], "-ERR DB index is out of range"],
    [["-1"], "-ERR DB index is out of range"],
    ...["", "x", "0.0", "99999999999999999999"].map((index): [string[], RegExp] => [[index], /^-ERR .*out of range/]),
  ]);

  store.test("SELECT accepts database 0 only", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("SELECT", "0"), "+OK");
  });
});
