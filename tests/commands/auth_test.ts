import { hashPassword } from "../../core/auth/password_hash.ts";
import { COMMANDS } from "../../server.ts";
import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { refuses, wrongArity } from "../support/refusals.ts";

const NOAUTH = "-NOAUTH Authentication required.";
const WRONGPASS = "-WRONGPASS invalid username-password pair or user is disabled.";
const HASH = await hashPassword(new TextEncoder().encode("secret"), { N: 1024, r: 8, p: 1 });

await forEachStore((store) => {
  refuses(store, "AUTH", () => [
    [[], wrongArity("AUTH")],
    [["a", "b", "c"], /^-ERR (wrong number of arguments for 'auth' command|syntax error)$/],
    [["nobody", "secret"], "-WRONGPASS invalid username-password pair or user is disabled."],
    [["secret"], /^-ERR AUTH <password> called without any password configured for the default user\./],
  ]);

  store.test("AUTH accepts any password for the default user without a password, like Redis", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("AUTH", "default", "secret"), "+OK");
    assert.equal(await client.command("auth", "default", ""), "+OK");
  });

  store.test("AUTH accepts the configured password, and refuses others with the error of Redis", async (okq) => {
    const client = await okq.connect();
    assert.equal(await client.command("AUTH", "wrong"), WRONGPASS);
    assert.equal(await client.command("AUTH", "nobody", "secret"), WRONGPASS);
    assert.equal(await client.command("PING"), NOAUTH);
    assert.equal(await client.command("AUTH", "secret"), "+OK");
    assert.equal(await client.command("PING"), "+PONG");
    assert.equal(await client.command("AUTH", "default", "secret"), "+OK");
    assert.equal(await client.command("AUTH", "wrong"), WRONGPASS);
    assert.equal(await client.command("PING"), "+PONG", "a failed AUTH logs nobody out");
  }, { requirepass: "secret" });

  store.test("AUTH in a pipeline delays later commands until the password is checked", async (okq) => {
    const client = await okq.connect();
    await client.raw("PING\r\nAUTH secret\r\nQLPUSH q 1 x\r\nAUTH wrong\r\nRESET\r\nPING\r\n");
    const replies = [];
    for (let i = 0; i < 6; i++) replies.push(await client.shown());
    assert.deepEqual(replies, [NOAUTH, "+OK", "+OK", WRONGPASS, "+RESET", NOAUTH]);
  }, { requirepass: HASH });

  store.test("AUTH is checked for a client that closes its sending side", async (okq) => {
    const client = await okq.connect();
    await client.raw("AUTH secret\r\nPING\r\n");
    await client.closeWrite();
    assert.deepEqual([await client.shown(), await client.shown()], ["+OK", "+PONG"]);
  }, { requirepass: HASH });

  store.test("Before AUTH only the open commands work, as in Redis", async (okq) => {
    const client = await okq.connect();
    for (const { name, arity } of COMMANDS.filter(({ name }) => !["AUTH", "HELLO", "QUIT", "RESET"].includes(name))) {
      const args = Array.from({ length: arity[0] }, () => "1");
      assert.equal(await client.command(name, ...args), NOAUTH, name);
    }
    assert.equal(await client.command("CLIENT", "ID"), NOAUTH);
    assert.match(`${await client.command("GET", "x")}`, /^-ERR unknown command/);
    assert.equal(await client.command("QFLUSH"), wrongArity("QFLUSH"));
    assert.equal(await client.command("RESET"), "+RESET");
    assert.equal(await client.command("QUIT"), "+OK");
    assert.equal(await client.closed(), "");
  }, { requirepass: "secret" });
});
