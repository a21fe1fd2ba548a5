import { hashPassword } from "../../../core/auth/password_hash.ts";
import { parseUsers } from "../../../core/auth/users_file.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";
import { CHEAP } from "../../support/users.ts";

const hash = await hashPassword(bytes("secret"), CHEAP);

Deno.test("parseUsers reads users among comments and empty lines, with either line ending", async () => {
  const users = parseUsers(`# comment\r\n\r\n  ann ${hash}\tproduce,inspect  jobs mails:*\r\nboss ${hash} all *\n`);
  assert.deepEqual([...users.keys()], ["ann", "boss"]);
  const { user, passwordHash } = users.get("ann")!;
  assert.deepEqual([user.has("produce"), user.has("inspect"), user.has("consume"), user.has("admin")], [
    ...[true, true, false, false],
  ]);
  assert.deepEqual(["jobs", "mails:x", "job", "mails"].map((name) => user.mayAccess(bytes(name))), [
    ...[true, true, false, false],
  ]);
  assert.equal(user.unlimited, false);
  assert.equal(users.get("boss")!.user.unlimited, true);
  assert.equal(await passwordHash.verify(bytes("secret")), true);
});

Deno.test("parseUsers compares patterns as bytes", () => {
  const { user } = parseUsers(`ann ${hash} produce größe:?\n`).get("ann")!;
  assert.equal(user.mayAccess(new TextEncoder().encode("größe:1")), true);
  assert.equal(user.mayAccess(bytes("gr\xf6\xdfe:1")), false);
});

Deno.test("parseUsers makes no user unlimited without all roles and all queues", () => {
  const users = parseUsers(`ann ${hash} all q\nbob ${hash} produce,consume,inspect *\n`);
  assert.equal(users.get("ann")!.user.unlimited, false);
  assert.equal(users.get("bob")!.user.unlimited, false);
});

const BAD: [name: string, text: string, error: RegExp][] = [
  ["a password in place of a hash", "ann secret produce *", /^line 1: the second word must be a password hash/],
  ["an unknown role", `# c\nann ${hash} push *`, /^line 2: unknown role "push"; allowed are produce, /],
  ["a line without roles", `ann ${hash}`, /^line 1: a user needs a name, a password hash, /],
  ["a user without patterns", `ann ${hash} all *\nbob ${hash} all`, /^line 2: a user needs .* and patterns of queues/],
  ["a file without users", "# name secret\n\n# c\n\n", /^line 3: the file ends without a user/],
  ["an empty file", "", /^line 1: the file ends without a user/],
  ["a duplicate name", `ann ${hash} all *\nann ${hash} all *`, /^line 2: duplicate user ann/],
  ["a name beyond ASCII", `änn ${hash} all *`, /^line 1: the name must be/],
  ["a name that is too long", `${"a".repeat(129)} ${hash} all *`, /^line 1: the name must be/],
];

for (const [name, text, error] of BAD) {
  Deno.test(`parseUsers refuses ${name}, and quotes no password`, () => {
    assert.throws(
      () => parseUsers(text),
      (thrown: Error) => error.test(thrown.message) && !/secret/.test(thrown.message),
    );
  });
}
