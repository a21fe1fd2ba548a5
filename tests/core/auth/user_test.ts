import { matchesGlob, ROLES, User } from "../../../core/auth/user.ts";
import { assert, fc } from "../../deps.ts";

const CASES: [pattern: string, names: string[], others: string[]][] = [
  ["*", ["", "a", "a:b*"], []],
  ["jobs", ["jobs"], ["", "job", "jobs2", "Jobs", "xjobs"]],
  ["mails:*", ["mails:", "mails:a:b"], ["mails", "xmails:"]],
  ["*:dead", [":dead", "a:dead", "a:dead:dead"], ["dead", "a:dead2"]],
  ["a*b*c", ["abc", "aXbYc", "abbcc", "abcbc"], ["ab", "acb", "abcd"]],
  ["j?b", ["job", "j?b", "j\xffb"], ["jb", "joob"]],
  ["a\\*b", ["a*b"], ["aXb", "a\\*b"]],
  ["a\\?", ["a?"], ["ab"]],
  ["a\\\\", ["a\\"], ["a", "a\\\\"]],
  ["a\\", ["a\\"], ["a"]],
  ["a.c[b]", ["a.c[b]"], ["abcb", "a.cb"]],
  ["", [""], ["a"]],
];

for (const [pattern, names, others] of CASES) {
  Deno.test(`matchesGlob matches ${JSON.stringify(pattern)}`, () => {
    for (const name of names) assert.ok(matchesGlob(pattern, name), name);
    for (const name of others) assert.ok(!matchesGlob(pattern, name), name);
  });
}

Deno.test("matchesGlob agrees with a regular expression on any pattern and name", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\n"), maxLength: 8 });
  fc.assert(fc.property(text, text, (pattern, name) => {
    const source = pattern.replaceAll("*", "[^]*").replaceAll("?", "[^]");
    assert.equal(matchesGlob(pattern, name), new RegExp(`^${source}$`).test(name));
  }));
});

Deno.test("matchesGlob is not exponential in the number of stars", () => {
  assert.ok(!matchesGlob("*a".repeat(100) + "b", "a".repeat(512)));
});

Deno.test("User may access queues that match one of its patterns", () => {
  const user = new User("shop", ["produce"], ["orders", "mails:*"]);
  const accessible = ["orders", "mails:out", "orders2", ""].filter((name) =>
    user.mayAccess(new TextEncoder().encode(name))
  );
  assert.deepEqual(accessible, ["orders", "mails:out"]);
  assert.deepEqual([user.has("produce"), user.has("admin"), user.allQueues, user.unlimited], [
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("User is unlimited with all roles and all queues only", () => {
  assert.ok(new User("a", ROLES, ["*"]).unlimited);
  assert.ok(!new User("b", ROLES, ["orders"]).unlimited);
  assert.ok(!new User("c", ["admin"], ["*"]).unlimited);
});
