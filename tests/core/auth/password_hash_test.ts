import { hashPassword, MAX_PASSWORD_BYTES, Secret } from "../../../core/auth/password_hash.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";
import { CHEAP } from "../../support/users.ts";

Deno.test("hashPassword makes a text that opens with the password and no other, and another text each time", async () => {
  const password = bytes("p\xe4ss word");
  const [text, other] = await Promise.all([hashPassword(password, CHEAP), hashPassword(password, CHEAP)]);
  assert.notEqual(text, other);
  assert.ok(!text.includes("ss word"));
  for (const wrong of ["", "p", "p\xe4ss wor", "p\xe4ss word ", "P\xe4ss word"]) {
    assert.equal(await Secret.fromHash(text)!.opens(bytes(wrong)), false, wrong);
  }
  assert.equal(await Secret.fromHash(text)!.opens(password), true);
});

Deno.test("hashPassword costs what OWASP advises", async () => {
  const text = await hashPassword(bytes("x"));
  assert.match(text, /^scrypt\$32768\$8\$3\$/);
  assert.equal(await Secret.fromHash(text)!.opens(bytes("x")), true);
});

Deno.test("A slow hash leaves the event loop free", async () => {
  let turns = 0;
  let done = false;
  const hashing = hashPassword(bytes("x")).finally(() => done = true);
  while (!done) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    turns++;
  }
  await hashing;
  assert.ok(turns > 5, `${turns} turns`);
});

Deno.test("A secret knows a password only once it was right, and never a wrong one", async () => {
  const secret = Secret.fromHash(await hashPassword(bytes("right"), CHEAP))!;
  assert.equal(secret.knows(bytes("right")), false);
  assert.equal(await secret.opens(bytes("wrong")), false);
  assert.equal(secret.knows(bytes("wrong")), false);
  assert.equal(await secret.opens(bytes("right")), true);
  assert.equal(secret.knows(bytes("right")), true);
  assert.equal(secret.knows(bytes("wrong")), false);
});

Deno.test("A secret from a password opens with it alone", async () => {
  const secret = Secret.fromPassword(bytes("right"));
  assert.deepEqual([secret.slow, secret.knows(bytes("right")), await secret.opens(bytes("right"))], [
    false,
    true,
    true,
  ]);
  for (const wrong of ["", "righ", "rightx"]) assert.equal(await secret.opens(bytes(wrong)), false);
});

Deno.test("A password that is too long is never right", async () => {
  const password = bytes("x".repeat(MAX_PASSWORD_BYTES + 1));
  assert.equal(await Secret.fromHash(await hashPassword(password, CHEAP))!.opens(password), false);
  assert.equal(await Secret.fromPassword(password).opens(password), false);
  assert.equal(await Secret.fromPassword(password.subarray(1)).opens(password.subarray(1)), true);
});

Deno.test("A closed secret opens with nothing and is as slow as what it was made from", async () => {
  const secret = Secret.fromHash(await hashPassword(bytes("right"), CHEAP))!.closed();
  assert.equal(secret.slow, true);
  assert.equal(await secret.opens(bytes("right")), false);
});

Deno.test("fromHash refuses what is no hash, or would take too much memory", async () => {
  const good = await hashPassword(bytes("x"), CHEAP);
  const [, , , , salt, hash] = good.split("$");
  assert.ok(Secret.fromHash(good));
  for (
    const costs of ["1000$8$1", "1$8$1", "0$8$1", "1024$0$1", "1024$8$0", "4194304$8$1", "1048576$99$1", "1e3$8$1"]
  ) {
    assert.equal(Secret.fromHash(`scrypt$${costs}$${salt}$${hash}`), undefined, costs);
  }
  for (
    const text of ["", "x", `${good}x`, ` ${good}`, good.slice(1), good.slice(0, -1), good.replace("scrypt", "md5")]
  ) {
    assert.equal(Secret.fromHash(text), undefined, text);
  }
});
