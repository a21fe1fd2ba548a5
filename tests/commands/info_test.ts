import { assert } from "../deps.ts";
import { VERSION } from "../../core/version.ts";
import { forEachStore } from "../stores.ts";

await forEachStore((store) => {
  for (const section of [[], ["all"], ["EVERYTHING"], ["default"]]) {
    store.test(`INFO ${section} shows what clients look for, in lines of CRLF`.replace("  ", " "), async (okq) => {
      const client = await okq.connect();
      const text = await client.command("INFO", ...section) as string;
      const lines = text.split("\r\n");
      for (const line of ["redis_version:7.2.0", `okq_version:${VERSION}`, "role:master", "loading:0"]) {
        assert.ok(lines.includes(line), line);
      }
      assert.ok(lines.every((line) => /^$|^# \w+$|^[a-z_]+:[^\r\n]*$/.test(line)), text);
      assert.equal(lines.at(-1), "");
    });
  }

  store.test("INFO shows the section asked for, in any case", async (okq) => {
    const client = await okq.connect();
    for (const section of ["replication", "REPLICATION"]) {
      const text = await client.command("INFO", section) as string;
      assert.match(text, /^# Replication\r\nrole:master\r\n/);
      assert.doesNotMatch(text, /redis_version/);
    }
    assert.match(`${await client.command("INFO", "server")}`, /\r\nredis_version:7\.2\.0\r\n/);
    assert.equal(await client.command("INFO", "nope"), "");
  });
});
