import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "READONLY", () => [[["x"], wrongArity("READONLY")]]);

  store.test("READONLY returns OK, and pushes still work", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("READONLY"), "+OK");
    assert.equal(await client.command("QLPUSH", okq.queue(), "id", "contents"), "+OK");
  });
});
