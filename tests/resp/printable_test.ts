import { ErrorReply } from "../../resp/reply.ts";
import { Output } from "../../resp/encode.ts";
import { MAX_SHOWN_BYTES, oneLine, printable } from "../../resp/printable.ts";
import { splitInline } from "../../resp/inline.ts";
import { assert, fc } from "../deps.ts";
import { bytes, latin1 } from "../support/decoding.ts";

Deno.test("printable leaves ASCII and valid UTF-8 unchanged", () => {
  for (const text of ["", "job-17", 'it\'s "quoted"', "é € 😀 日本", "\u{10ffff}", "\ufeffbom", "\ufffd"]) {
    assert.equal(printable(bytes(text)), text);
  }
});

Deno.test("printable escapes control bytes, backslashes and invalid UTF-8", () => {
  const cases: [string, string][] = [
    ["a\r\n\tb", "a\\r\\n\\tb"],
    ["\x00\x1f\x7f", "\\x00\\x1F\\x7F"],
    ["\\r\\x41", "\\\\r\\\\x41"],
    ["\xff\xfe\x80", "\\xFF\\xFE\\x80"],
    ["\xc0\xaf", "\\xC0\\xAF"],
    ["\xe0\x80\x80", "\\xE0\\x80\\x80"],
    ["\xf0\x80\x80\x80", "\\xF0\\x80\\x80\\x80"],
    ["\xed\xa0\x80", "\\xED\\xA0\\x80"],
    ["\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"],
    ["\xe2\x82", "\\xE2\\x82"],
    ["\xe2\x82a", "\\xE2\\x82a"],
    ["\xc2\x85", "\\xC2\\x85"],
    ["\xe2\x80\xa8", "\\xE2\\x80\\xA8"],
  ];
  for (const [wire, expected] of cases) assert.equal(printable(latin1(wire)), expected);
});

Deno.test("printable agrees with TextDecoder about valid UTF-8", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const byte = fc.constantFrom(
    0x41,
    0x7e,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc1,
    0xc3,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 5 }), (input) => {
      const wire = Uint8Array.from(input);
      let valid = true;
      try {
        strict.decode(wire);
      } catch {
        valid = false;
      }
      const controls = /\\x(C2|E2)/.test(printable(wire));
      assert.equal(!printable(wire).includes("\\x") || controls, valid);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("printable can be read back, so no two byte strings have the same text", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: MAX_SHOWN_BYTES }), (input) => {
    const quoted = `"${printable(input).replaceAll('"', '\\"')}"`;
    assert.deepEqual(splitInline(bytes(quoted)).map((word) => Array.from(word)), [Array.from(input)]);
  }));
});

Deno.test("printable shows at most 128 bytes, and cuts no character in two", () => {
  assert.equal(printable(bytes("x".repeat(128))), "x".repeat(128));
  assert.equal(printable(bytes("x".repeat(129))), "x".repeat(128) + "…");
  assert.equal(printable(bytes("x".repeat(127) + "€ and more")), "x".repeat(127) + "…");
  assert.equal(printable(new Uint8Array(1_000_000)), "\\x00".repeat(128) + "…");
});

Deno.test("oneLine escapes control characters and nothing else", () => {
  assert.equal(oneLine("ERR plain \\r text é"), "ERR plain \\r text é");
  assert.equal(oneLine("a\r\nb\tc\0\x7f\u0085\u2028"), "a\\r\\nb\\tc\\x00\\x7F\\xC2\\x85\\xE2\\x80\\xA8");
});

Deno.test("ErrorReply does not escape a result of printable twice", () => {
  const output = new Output();
  output.write(new ErrorReply(`ERR duplicate event ${printable(latin1("1\r\n+OK\\"))}`), 2);
  assert.deepEqual(output.take(), latin1("-ERR duplicate event 1\\r\\n+OK\\\\\r\n"));
});
