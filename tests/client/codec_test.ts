import { bytes, json, text } from "../../mod.ts";
import { assert } from "../deps.ts";

Deno.test("json decodes what it encoded", () => {
  for (const value of [null, 1, "ä", [1, { a: "b" }]]) assert.deepEqual(json().decode(json().encode(value)), value);
});

Deno.test("json refuses values that JSON cannot represent", () => {
  assert.throws(() => json().encode(undefined), TypeError);
  assert.throws(() => json().encode(1n), TypeError);
});

Deno.test("json and text refuse bytes that are not UTF-8, and json refuses text that is not JSON", () => {
  const wrong = new Uint8Array([0x22, 0xff, 0x22]);
  assert.throws(() => json().decode(wrong), TypeError);
  assert.throws(() => text.decode(wrong), TypeError);
  assert.throws(() => json().decode(text.encode("{")), SyntaxError);
});

Deno.test("text keeps a byte order mark, and bytes keeps everything", () => {
  assert.equal(text.decode(text.encode("\ufeffa")), "\ufeffa");
  const any = new Uint8Array([0, 255]);
  assert.equal(bytes.decode(bytes.encode(any)), any);
});
