import {
  containing,
  display,
  displayHex,
  displayJson,
  displayText,
  fromDisplay,
  fromJson,
  fromText,
  fromUrl,
  toJson,
  toRequest,
  toText,
  toUrl,
} from "../../../http/page/bytes.js";
import { assert } from "../../deps.ts";

Deno.test("fromText and toText convert between text and bytes", () => {
  assert.equal(fromText("é…"), "\xc3\xa9\xe2\x80\xa6");
  assert.equal(toText(fromText("\ufeffé…")), "\ufeffé…");
  assert.equal(toText("\xff"), undefined);
});

Deno.test("display shows every byte of a name in one line, and fromDisplay reads it", () => {
  const shown: [bytes: string, text: string][] = [
    [fromText("é <b>"), "é <b>"],
    [fromText("日本語キュー"), "日本語キュー"],
    [fromText("日本\u3000語"), "日本\u3000語"],
    ['a"b', 'a"b'],
    ["a\\xff", "a\\xff"],
    ["a\r\n\t\x00", '"a\\r\\n\\t\\x00"'],
    ["a\xff", '"a\\xff"'],
    ['a\xff"\\', '"a\\xff\\"\\\\"'],
    [fromText("a\u202eb\u200bc\x85"), '"a\\u{202e}b\\u{200b}c\\u{85}"'],
    ["", '""'],
    [" ", '" "'],
    ["a ", '"a "'],
    ["a  b", '"a  b"'],
    ['"a"', '"\\"a\\""'],
    [fromText("\u3000"), '"\\u{3000}"'],
    [fromText("\u3164"), '"\\u{3164}"'],
    [fromText("a\u3164"), '"a\\u{3164}"'],
    [fromText("a\ufe0f"), '"a\\u{fe0f}"'],
    [fromText("a\u200d📦"), '"a\\u{200d}📦"'],
    [fromText("⚠️ 👩‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 📦🚚"), "⚠️ 👩‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 📦🚚"],
    [fromText("طلبات العملاء"), "طلبات العملاء"],
  ];
  for (const [bytes, text] of shown) {
    assert.equal(display(bytes), text);
    assert.equal(fromDisplay(text), bytes);
  }
  for (const wrong of ['"\\q"', '"\\"', '"\\x4"', '"\\u{110000}"']) {
    assert.throws(() => fromDisplay(wrong), /Unknown escape/);
  }
  const all = String.fromCharCode(...Array(256).keys());
  assert.equal(fromDisplay(display(all)), all);
});

Deno.test("Names in addresses are UTF-8 or percent-encoded bytes", () => {
  assert.equal(fromUrl("caf%C3%A9"), fromText("café"));
  assert.equal(fromUrl("日本語キュー"), fromText("日本語キュー"));
  assert.equal(toUrl(fromText("café a+b&c=d%")), "caf%c3%a9%20a%2bb%26c%3dd%25");
  const all = String.fromCharCode(...Array(256).keys());
  assert.equal(fromUrl(toUrl(all)), all);
  assert.equal(toUrl("a:b/c"), "a:b/c");
});

Deno.test("Names in requests have no character that a path or query would read", () => {
  assert.equal(toRequest(fromText("a:b/c?d#é ~.-_")), "a%3ab%2fc%3fd%23%c3%a9%20~.-_");
  const all = String.fromCharCode(...Array(256).keys());
  assert.equal(fromUrl(toRequest(all)), all);
});

Deno.test("Bytes are a string of JSON if they are UTF-8, else base64", () => {
  assert.deepEqual([toJson(fromText("\ufeffé")), toJson("\xff")], ["\ufeffé", { base64: "/w==" }]);
  const all = String.fromCharCode(...Array(256).keys());
  for (const bytes of ["", fromText("\ufeffé…"), "\xff", all]) {
    assert.deepEqual(fromJson(JSON.stringify({ a: [toJson(bytes), 1, null, true] })), { a: [bytes, 1, null, true] });
  }
});

Deno.test("containing makes a pattern that matches a text literally, in either case", () => {
  assert.equal(containing("a-[B*?]\\"), "*[aA]-\\[[bB]\\*\\?\\]\\\\*");
  assert.equal(containing("\xc3\xa9"), "*\xc3\xa9*");
});

Deno.test("toText and displayText leave out half a character where the bytes were cut", () => {
  const cut = fromText("aé").slice(0, -1);
  assert.deepEqual([toText(cut), toText(cut, true), displayText(cut, true)], [undefined, "a", "a"]);
  assert.equal(toText("a\xff", true), undefined);
});

Deno.test("displayText keeps line breaks and tabs, and escapes other control characters", () => {
  assert.equal(displayText("a\n\tb\x1b[0m\r\n"), "a\n\tb\\x1b[0m\\r\n");
  assert.equal(displayText(fromText("👩‍💻 a\u200bb\u2028")), "👩‍💻 a\\u{200b}b\\u{2028}");
});

Deno.test("displayJson indents JSON and keeps numbers and strings as they are", () => {
  const json = '{"id":12345678901234567890,"a":[1.0,{}, [ ]],"t":"a,{\\"b\\":[\\u0041","x":null}';
  assert.equal(
    displayJson(json),
    `{
  "id": 12345678901234567890,
  "a": [
    1.0,
    {},
    [ ]
  ],
  "t": "a,{\\"b\\":[\\u0041",
  "x": null
}`,
  );
  assert.deepEqual(JSON.parse(displayJson(json)), JSON.parse(json));
  for (const none of ["{", "", "\xff", "<script>"]) assert.throws(() => displayJson(none), /JSON|UTF-8/);
});

Deno.test("displayHex shows 16 bytes per line with their ASCII characters", () => {
  assert.equal(
    displayHex("\x00A<".padEnd(17, "\xff")),
    "000000  00 41 3c ff ff ff ff ff ff ff ff ff ff ff ff ff  .A<.............\n" +
      "000010  ff" + " ".repeat(45) + "  .",
  );
});
