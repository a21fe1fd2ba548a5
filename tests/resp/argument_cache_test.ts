import { ArgumentCache } from "../../resp/argument_cache.ts";
import { assert, fc } from "../deps.ts";
import { bytes } from "../support/decoding.ts";

Deno.test("ArgumentCache returns the bytes that were received, cached or not", () => {
  const word = fc.constantFrom("", "a", "b", "QLPUSH", "QLPUSX", "x".repeat(64), "x".repeat(65), "x".repeat(1000));
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), word, fc.nat(9))), (words) => {
    const cache = new ArgumentCache();
    const results = words.map(([index, text, start]) => {
      const received = bytes("-".repeat(start) + text + "-");
      return cache.argument(index, received, start, start + text.length);
    });
    assert.deepEqual(results, words.map(([, text]) => bytes(text)));
  }));
});

Deno.test("ArgumentCache returns the same array for an argument that repeats at its index", () => {
  const cache = new ArgumentCache();
  const received = bytes("jobs jobs mail");
  const first = cache.argument(1, received, 0, 4);
  assert.equal(cache.argument(1, received, 5, 9), first);
  assert.notEqual(cache.argument(0, received, 5, 9), first);
  assert.notEqual(cache.argument(1, received, 10, 14), first);
});

Deno.test("ArgumentCache keeps no received block alive", () => {
  const cache = new ArgumentCache();
  assert.equal(cache.argument(0, bytes("PING and a megabyte"), 0, 4).buffer.byteLength, 4);
});
