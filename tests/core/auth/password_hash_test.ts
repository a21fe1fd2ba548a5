import { hashPassword, MAX_PASSWORD_BYTES, PasswordHash } from "../../../core/auth/password_hash.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";
import { CHEAP } from "../../support/users.ts";
import { eventually } from "../../support/eventually.ts";

Deno.test("hashPassword returns a hash that verifies the password only, and a different one each time", async () => {
  const password = bytes("p\xe4ss word");
  const [text, other] = await Promise.all([hashPassword(password, CHEAP), hashPassword(password, CHEAP)]);
  assert.notEqual(text, other);
  assert.ok(!text.includes("ss word"));
  for (const wrong of ["", "p", "p\xe4ss wor", "p\xe4ss word ", "P\xe4ss word"]) {
    assert.equal(await PasswordHash.fromHash(text)!.verify(bytes(wrong)), false, wrong);
  }
  assert.equal(await PasswordHash.fromHash(text)!.verify(password), true);
});

Deno.test("hashPassword has the costs that OWASP recommends", async () => {
  const text = await hashPassword(bytes("x"));
  assert.match(text, /^scrypt\$32768\$8\$3\$/);
  assert.equal(await PasswordHash.fromHash(text)!.verify(bytes("x")), true);
});

Deno.test("hashPassword does not block the event loop", async () => {
  // A busy machine may stop this thread, but not the thread that computes the hash, for the whole of one attempt.
  await eventually(async () => {
    let ticks = 0;
    let done = false;
    const hashing = hashPassword(bytes("x")).finally(() => done = true);
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      ticks++;
    }
    await hashing;
    assert.ok(ticks > 1, "the hash was computed within one tick of the event loop");
  });
});

Deno.test("PasswordHash remembers a password only after a successful verification", async () => {
  const passwordHash = PasswordHash.fromHash(await hashPassword(bytes("right"), CHEAP))!;
  assert.equal(passwordHash.matchesRemembered(bytes("right")), false);
  assert.equal(await passwordHash.verify(bytes("wrong")), false);
  assert.equal(passwordHash.matchesRemembered(bytes("wrong")), false);
  assert.equal(await passwordHash.verify(bytes("right")), true);
  assert.equal(passwordHash.matchesRemembered(bytes("right")), true);
  assert.equal(passwordHash.matchesRemembered(bytes("wrong")), false);
});

Deno.test("PasswordHash.fromPassword verifies that password only", async () => {
  const passwordHash = PasswordHash.fromPassword(bytes("right"));
  assert.deepEqual([
    passwordHash.slow,
    passwordHash.matchesRemembered(bytes("right")),
    await passwordHash.verify(bytes("right")),
  ], [
    false,
    true,
    true,
  ]);
  for (const wrong of ["", "righ", "rightx"]) assert.equal(await passwordHash.verify(bytes(wrong)), false);
});

Deno.test("PasswordHash refuses a password that is too long", async () => {
  const password = bytes("x".repeat(MAX_PASSWORD_BYTES + 1));
  assert.equal(await PasswordHash.fromHash(await hashPassword(password, CHEAP))!.verify(password), false);
  assert.equal(await PasswordHash.fromPassword(password).verify(password), false);
  assert.equal(await PasswordHash.fromPassword(password.subarray(1)).verify(password.subarray(1)), true);
});

Deno.test("PasswordHash.decoy verifies nothing and is as slow as its original", async () => {
  const passwordHash = PasswordHash.fromHash(await hashPassword(bytes("right"), CHEAP))!.decoy();
  assert.equal(passwordHash.slow, true);
  assert.equal(await passwordHash.verify(bytes("right")), false);
});

Deno.test("PasswordHash.fromHash refuses malformed hashes and those that take too much memory", async () => {
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
