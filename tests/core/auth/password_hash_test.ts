import { hashPassword, MAX_PASSWORD_BYTES, PasswordHash } from "../../../core/auth/password_hash.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";
import { CHEAP } from "../../support/users.ts";

Deno.test("hashPassword makes a text that opens with the password and no other, and another text each time", async () => {
  const password = bytes("p\xe4ss word");
  const [text, other] = await Promise.all([hashPassword(password, CHEAP), hashPassword(password, CHEAP)]);
  assert.notEqual(text, other);
  assert.ok(!text.includes("ss word"));
  for (const wrong of ["", "p", "p\xe4ss wor", "p\xe4ss word ", "P\xe4ss word"]) {
    assert.equal(await PasswordHash.fromHash(text)!.verify(bytes(wrong)), false, wrong);
  }
  assert.equal(await PasswordHash.fromHash(text)!.verify(password), true);
});

Deno.test("hashPassword costs what OWASP advises", async () => {
  const text = await hashPassword(bytes("x"));
  assert.match(text, /^scrypt\$32768\$8\$3\$/);
  assert.equal(await PasswordHash.fromHash(text)!.verify(bytes("x")), true);
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
  const secret = PasswordHash.fromHash(await hashPassword(bytes("right"), CHEAP))!;
  assert.equal(secret.matchesRemembered(bytes("right")), false);
  assert.equal(await secret.verify(bytes("wrong")), false);
  assert.equal(secret.matchesRemembered(bytes("wrong")), false);
  assert.equal(await secret.verify(bytes("right")), true);
  assert.equal(secret.matchesRemembered(bytes("right")), true);
  assert.equal(secret.matchesRemembered(bytes("wrong")), false);
});

Deno.test("A secret from a password opens with it alone", async () => {
  const secret = PasswordHash.fromPassword(bytes("right"));
  assert.deepEqual([secret.slow, secret.matchesRemembered(bytes("right")), await secret.verify(bytes("right"))], [
    false,
    true,
    true,
  ]);
  for (const wrong of ["", "righ", "rightx"]) assert.equal(await secret.verify(bytes(wrong)), false);
});

Deno.test("A password that is too long is never right", async () => {
  const password = bytes("x".repeat(MAX_PASSWORD_BYTES + 1));
  assert.equal(await PasswordHash.fromHash(await hashPassword(password, CHEAP))!.verify(password), false);
  assert.equal(await PasswordHash.fromPassword(password).verify(password), false);
  assert.equal(await PasswordHash.fromPassword(password.subarray(1)).verify(password.subarray(1)), true);
});

Deno.test("A closed secret opens with nothing and is as slow as what it was made from", async () => {
  const secret = PasswordHash.fromHash(await hashPassword(bytes("right"), CHEAP))!.decoy();
  assert.equal(secret.slow, true);
  assert.equal(await secret.verify(bytes("right")), false);
});

Deno.test("fromHash refuses what is no hash, or would take too much memory", async () => {
  const good = await hashPassword(bytes("x"), CHEAP);
  const [, , , , salt, hash] = good.split("$");
  assert.ok(PasswordHash.fromHash(good));
  for (
    const costs of ["1000$8$1", "1$8$1", "0$8$1", "1024$0$1", "1024$8$0", "4194304$8$1", "1048576$99$1", "1e3$8$1"]
  ) {
    assert.equal(PasswordHash.fromHash(`scrypt$${costs}$${salt}$${hash}`), undefined, costs);
  }
  for (
    const text of ["", "x", `${good}x`, ` ${good}`, good.slice(1), good.slice(0, -1), good.replace("scrypt", "md5")]
  ) {
    assert.equal(PasswordHash.fromHash(text), undefined, text);
  }
});
