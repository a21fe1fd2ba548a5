import { ofText, shown, shownHex, shownJson, shownLines, textOf } from "../../../http/page/bytes.js";
import { assert } from "../../deps.ts";

Deno.test("Text becomes one character for each of its bytes, and back", () => {
  assert.equal(ofText("é…"), "\xc3\xa9\xe2\x80\xa6");
  assert.equal(textOf(ofText("\ufeffé…")), "\ufeffé…");
  assert.equal(textOf("\xff"), undefined);
});

Deno.test("Names show all that is in them, on one line", () => {
  assert.equal(shown(ofText("é <b>")), "é <b>");
  assert.equal(shown("a\r\n\t\x00"), "a\\r\\n\\t\\x00");
  assert.equal(shown("a\xff"), "a\\xff");
  assert.equal(shown(ofText("a\u202eb\u200bc")), "a\\u{202e}b\\u{200b}c");
});

Deno.test("Text keeps its lines and tabs, and nothing else that steers a screen", () => {
  assert.equal(shownLines("a\n\tb\x1b[0m\r\n"), "a\n\tb\\x1b[0m\\r\n");
});

Deno.test("JSON is laid out, with every number and text as it is", () => {
  const json = '{"id":12345678901234567890,"a":[1.0,{}, [ ]],"t":"a,{\\"b\\":[\\u0041","x":null}';
  assert.equal(
    shownJson(json),
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
  assert.deepEqual(JSON.parse(shownJson(json)!), JSON.parse(json));
  for (const none of ["{", "", "\xff", "<script>"]) assert.equal(shownJson(none), undefined);
});

Deno.test("Numbers show sixteen bytes on a line, and what can be read of them", () => {
  assert.equal(
    shownHex("\x00A<".padEnd(17, "\xff")),
    "000000  00 41 3c ff ff ff ff ff ff ff ff ff ff ff ff ff  .A<.............\n" +
      "000010  ff" + " ".repeat(45) + "  .",
  );
});
