import { splitInline } from "../../resp/inline.ts";
import { ProtocolError } from "../../resp/reply.ts";
import { assert, fc } from "../deps.ts";
import { latin1 } from "../support/decoding.ts";

function words(line: string): string[] {
  return splitInline(latin1(line)).map((word) => Array.from(word, (byte) => String.fromCharCode(byte)).join(""));
}

Deno.test("splitInline splits as Redis does", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["  \t ", []],
    ["QLPUSH jobs 1 hello", ["QLPUSH", "jobs", "1", "hello"]],
    [" \x0b\x0c a\t\tb  ", ["a", "b"]],
    ["a\nb", ["a", "b"]],
    ["a\x0bb", ["a\x0bb"]],
    ["\xff\x00 \xe2\x82\xac", ["\xff\x00", "\xe2\x82\xac"]],
    ['""', [""]],
    ["'' \"\"", ["", ""]],
    ["\"a b\" 'c d'", ["a b", "c d"]],
    ['pre"fix ed"', ["prefix ed"]],
    ["pre'fix ed'", ["prefix ed"]],
    ['"\\n\\r\\t\\b\\a\\\\\\"\\q"', ['\n\r\t\b\x07\\"q']],
    ['"\\x41\\xfF\\x00"', ["A\xff\x00"]],
    ['"\\x4"', ["x4"]],
    ['"\\xg1"', ["xg1"]],
    ["'\\'\\n\\x41\\ '", ["'\\n\\x41\\ "]],
    ["a\\nb", ["a\\nb"]],
    ['"it\'s" \'say "hi"\'', ["it's", 'say "hi"']],
    ['"a"\t"b"\r', ["a", "b"]],
  ];
  for (const [line, expected] of cases) assert.deepEqual(words(line), expected, line);
});

Deno.test("splitInline refuses unbalanced quotes, and a closing quote followed by anything but white space", () => {
  const unbalanced = new ProtocolError("unbalanced quotes in request");
  for (
    const line of [
      '"',
      "'",
      '"a',
      "'a",
      'a"',
      '"a\\',
      '"a\\"',
      "'a\\'",
      "'a\\\\'",
      '"a"b',
      "'a'b",
      "\"a\"'b'",
      '"a"\x00',
    ]
  ) {
    assert.throws(() => words(line), unbalanced, line);
  }
});

Deno.test("splitInline returns words whose bytes were all escaped", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (expected) => {
    const line = expected.map((word) =>
      `"${Array.from(word, (b) => `\\x${b.toString(16).padStart(2, "0")}`).join("")}"`
    );
    assert.deepEqual(splitInline(latin1(line.join(" "))).map((w) => Array.from(w)), expected.map((w) => Array.from(w)));
  }));
});
