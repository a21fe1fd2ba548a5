import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "HELLO", () => [
    ...["1", "4", "0", "-2", "99"].map((version): [string[], RegExp] => [
      [version],
      /^-NOPROTO unsupported protocol version/,
    ]),
    ...["", "x", "2.0", "03", "NaN"].map((version): [string[], RegExp] => [[version], /^-(ERR|NOPROTO) .*protocol/i]),
    ...[["NOPE"], ["AUTH"], ["AUTH", "default"], ["SETNAME"], ["SETNAME", "a", "b"]].map((
      options,
    ): [string[], RegExp] => [["3", ...options], /^-ERR syntax error/i]),
    [["3", "SETNAME", "with space"], /^-ERR Client names cannot contain spaces/],
    [["3", "AUTH", "nobody", "secret"], /^-WRONGPASS /],
    [["3", "AUTH", "default", "x", "SETNAME", "a", "SETNAME"], wrongArity("HELLO")],
  ]);

  store.test("HELLO describes the server, as a flat array in RESP2", async (okq) => {
    const client = await okq.connect();
    const id = await client.command("CLIENT", "ID");
    const reply = await client.command("HELLO") as unknown[];
    assert.deepEqual(reply.filter((_, i) => i % 2 === 0), [
      "server",
      "version",
      "proto",
      "id",
      "mode",
      "role",
      "modules",
    ]);
    const [server, version, ...rest] = reply.filter((_, i) => i % 2 === 1);
    assert.ok(typeof server === "string" && server !== "");
    assert.match(`${version}`, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(rest, [2, id, "standalone", "master", []]);
  });

  store.test("HELLO 3 returns a map, and HELLO 2 switches back", async (okq) => {
    const client = await okq.connect();
    const three = await client.command("HELLO", "3") as Map<string, unknown>;
    assert.ok(three instanceof Map);
    assert.equal(three.get("proto"), 3);
    assert.deepEqual(three.get("modules"), []);
    const bare = await client.command("HELLO");
    assert.ok(bare instanceof Map, "a bare HELLO keeps the protocol");
    const two = await client.command("HELLO", "2") as unknown[];
    assert.ok(Array.isArray(two));
    assert.equal(two[two.indexOf("proto") + 1], 2);
  });

  store.test("HELLO takes effect in the middle of a pipeline", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.raw(
      `QRPOP ${queue}\r\nQSTATS q\r\nHELLO 3\r\nQRPOP ${queue}\r\nQSTATS q\r\nHELLO 2\r\nQRPOP ${queue}\r\nPING\r\n`,
    );
    assert.equal(await client.readLine(), "$-1");
    for (let i = 0; i < 2; i++) assert.match(await client.readLine(), /^\*/);
    for (let i = 0; i < 16; i++) assert.doesNotMatch(await client.readLine(), /^%/);
    assert.equal(await client.readLine(), "%7");
    for (let i = 0; i < 25; i++) await client.readLine();
    assert.equal(await client.readLine(), "_");
    assert.equal(await client.readLine(), "*1");
    assert.match(await client.readLine(), /^%/);
    const rest = [];
    for (let line = ""; line !== "+PONG"; rest.push(line)) line = await client.readLine();
    assert.equal(rest.at(-2), "$-1");
    assert.ok(rest.includes("*14"));
  });

  store.test("HELLO changes nothing if it fails", async (okq) => {
    const client = await okq.connect();
    for (const options of [["AUTH", "nobody", "x"], ["SETNAME", "new", "NOPE"], ["SETNAME", "a b"]]) {
      assert.match(`${await client.command("HELLO", "3", ...options)}`, /^-/);
      await client.send("CLIENT", "GETNAME");
      assert.equal(await client.readLine(), "$-1");
    }
  });

  store.test("HELLO takes AUTH and SETNAME in any order and case", async (okq) => {
    const client = await okq.connect();
    assert.ok(await client.command("hello", "3", "setname", "Jo", "auth", "default", "any") instanceof Map);
    assert.equal(await client.command("CLIENT", "GETNAME"), "Jo");
    assert.ok(await client.command("HELLO", "3", "AUTH", "default", "any", "SETNAME", "Ann") instanceof Map);
    assert.equal(await client.command("CLIENT", "GETNAME"), "Ann");
  });

  store.test("HELLO requires AUTH if a password is configured, and logs in with it", async (okq) => {
    const client = await okq.connect();
    for (const args of [[], ["3"], ["3", "SETNAME", "x"]]) {
      assert.match(
        `${await client.command("HELLO", ...args)}`,
        /^-NOAUTH HELLO must be called with the client already/,
      );
    }
    assert.match(`${await client.command("HELLO", "4")}`, /^-NOPROTO /);
    assert.match(`${await client.command("HELLO", "3", "AUTH", "default", "wrong", "SETNAME", "x")}`, /^-WRONGPASS /);
    assert.ok(await client.command("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "x") instanceof Map);
    assert.equal(await client.command("CLIENT", "GETNAME"), "x");
    assert.ok(await client.command("HELLO") instanceof Map, "it is logged in");
  }, { requirepass: "secret" });
});
