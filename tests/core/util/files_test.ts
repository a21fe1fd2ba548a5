import { readFile } from "../../../core/util/files.ts";
import { assert } from "../../deps.ts";
import { withFolder } from "../../support/programs.ts";

Deno.test("readFile returns the text of a file", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/users`, "größe\n");
    assert.equal(await readFile(`${folder}/users`), "größe\n");
  }));

Deno.test("readFile names a file that does not exist", async () => {
  await assert.rejects(readFile("/no/such/file"), /^Error: Cannot read \/no\/such\/file: .*No such file/);
});

Deno.test({
  name: "readFile names the permission that is missing",
  permissions: { read: false },
  async fn() {
    await assert.rejects(readFile("/etc/okq/users"), {
      message: "Cannot read /etc/okq/users: start Deno with --allow-read=/etc/okq/users",
    });
  },
});
