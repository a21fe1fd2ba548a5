import { matches } from "../../../core/auth/glob.ts";
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
  Deno.test(`matches knows what is of ${JSON.stringify(pattern)}`, () => {
    for (const name of names) assert.ok(matches(pattern, name), name);
    for (const name of others) assert.ok(!matches(pattern, name), name);
  });
}

Deno.test("matches agrees with a regular expression on any pattern and name", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\n"), maxLength: 8 });
  fc.assert(fc.property(text, text, (pattern, name) => {
    const source = pattern.replaceAll("*", "[^]*").replaceAll("?", "[^]");
    assert.equal(matches(pattern, name), new RegExp(`^${source}$`).test(name));
  }));
});

Deno.test("matches takes no more steps than pattern times name, where a regular expression would take for ever", () => {
  assert.ok(!matches("*a".repeat(100) + "b", "a".repeat(512)));
});
