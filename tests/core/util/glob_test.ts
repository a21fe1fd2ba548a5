import { Glob } from "../../../core/util/glob.ts";
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
  ["[ab]c", ["ac", "bc"], ["c", "cc", "[ab]c", "abc"]],
  ["[a-c]*", ["a", "bX"], ["", "d", "-"]],
  ["[c-a]", ["b"], ["d"]],
  ["[^a-c]", ["d", "^", "\xff"], ["a", "", "dd"]],
  ["[a^-]", ["a", "^", "-"], ["b"]],
  ["[\\]a]", ["]", "a"], ["\\", "b"]],
  ["x[]", [], ["x", "x[]"]],
  ["[^]", ["a"], [""]],
  ["[ab", ["a", "b"], ["[ab", "c"]],
  ["\\[a]", ["[a]"], ["a"]],
  ["", [""], ["a"]],
];

for (const [pattern, names, others] of CASES) {
  Deno.test(`Glob matches ${JSON.stringify(pattern)}`, () => {
    for (const name of names) assert.ok(new Glob(pattern).matches(name), name);
    for (const name of others) assert.ok(!new Glob(pattern).matches(name), name);
  });
}

Deno.test("Glob agrees with a regular expression on any pattern and name", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\n"), maxLength: 8 });
  fc.assert(fc.property(text, text, (pattern, name) => {
    const source = pattern.replaceAll("*", "[^]*").replaceAll("?", "[^]");
    assert.equal(new Glob(pattern).matches(name), new RegExp(`^${source}$`).test(name));
  }));
});

Deno.test("Glob is not exponential in the number of stars", () => {
  assert.ok(!new Glob("*a".repeat(100) + "b").matches("a".repeat(512)));
});
