import { display, displayHex, displayJson, displayText, fromText, toText } from "../../../http/page/bytes.js";
import { assert } from "../../deps.ts";

Deno.test("fromText and toText convert between text and bytes", () => {
  assert.equal(fromText("é…"), "\xc3\xa9\xe2\x80\xa6");
  assert.equal(toText(fromText("\ufeffé…")), "\ufeffé…");
  assert.equal(toText("\xff"), undefined);
});

Deno.test("display shows every byte of a name in one line", () => {
  assert.equal(display(fromText("é <b>")), "é <b>");
  assert.equal(display("a\r\n\t\x00"), "a\\r\\n\\t\\x00");
  assert.equal(display("a\xff"), "a\\xff");
  assert.equal(display(fromText("a\u202eb\u200bc")), "a\\u{202e}b\\u{200b}c");
});

Deno.test("displayText keeps line breaks and tabs, and escapes other control characters", () => {
  assert.equal(displayText("a\n\tb\x1b[0m\r\n"), "a\n\tb\\x1b[0m\\r\n");
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
  assert.deepEqual(JSON.parse(displayJson(json)!), JSON.parse(json));
  for (const none of ["{", "", "\xff", "<script>"]) assert.equal(displayJson(none), undefined);
});

Deno.test("displayHex shows 16 bytes per line with their ASCII characters", () => {
  assert.equal(
    displayHex("\x00A<".padEnd(17, "\xff")),
    "000000  00 41 3c ff ff ff ff ff ff ff ff ff ff ff ff ff  .A<.............\n" +
      "000010  ff" + " ".repeat(45) + "  .",
  );
});
