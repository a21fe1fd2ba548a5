import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes } from "../support/wire.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "ECHO", () => [
    [[], wrongArity("ECHO")],
    [["a", "b"], wrongArity("ECHO")],
  ]);

  store.test("ECHO returns the message byte for byte", async (okq) => {
    const client = await okq.connect();
    for (const message of ["hello", "", "\r\n\0\xff"]) {
      assert.equal(await client.command("ECHO", bytes(message)), message);
    }
  });
});
