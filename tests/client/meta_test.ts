import { decodeMeta, metaArg } from "../../client/meta.ts";
import { assert, fc } from "../deps.ts";
import { bytes } from "../support/wire.ts";

const NAMES = fc.string({ minLength: 1 }).filter((name) => /^[^:\s]+$/.test(name));
const VALUES = fc.string({ unit: "grapheme" }).filter((value) => !/[\r\n]/.test(value));

Deno.test("Meta comes back as it was, whatever its names and values are", () => {
  fc.assert(fc.property(fc.dictionary(NAMES, VALUES, { minKeys: 1 }), (meta) => {
    assert.deepEqual({ ...decodeMeta(metaArg(meta)!) }, { ...meta });
  }));
});

Deno.test("Meta is written as lines, and bytes as they are", () => {
  assert.equal(`${metaArg({ tenant: "acme", note: " a: b" })}`, "tenant: acme\nnote:  a: b");
  assert.deepEqual(decodeMeta(metaArg({ a: "one\u2028line" })!), { a: "one\u2028line" });
  assert.deepEqual([...metaArg(new Uint8Array([0, 255]))!], [0, 255]);
  assert.deepEqual([metaArg(undefined), metaArg({})], [undefined, undefined]);
});

Deno.test("A name or value that would not be one line is refused", () => {
  for (const [name, value] of [["", "x"], ["a:b", "x"], ["a b", "x"], ["a\n", "x"], ["a", "x\ny"], ["a", "x\r"]]) {
    assert.throws(() => metaArg({ [name]: value }), TypeError);
  }
  assert.throws(() => metaArg({ a: 1 } as unknown as Record<string, string>), TypeError);
});

Deno.test("Lines of another form are passed over, and of equal names the last counts", () => {
  assert.deepEqual(decodeMeta(null), {});
  assert.deepEqual(decodeMeta(bytes("a:1\r\nno line\n: x\n\nb c: 2\na: 3\n__proto__: 4")), {
    a: "3",
    ["__proto__"]: "4",
  });
  assert.deepEqual(Object.keys(decodeMeta(new Uint8Array([0, 255, 10, 13]))), []);
});
