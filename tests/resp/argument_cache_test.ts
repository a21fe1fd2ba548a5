import { ArgumentCache } from "../../resp/argument_cache.ts";
import { assert, fc } from "../deps.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("Any argument is what was sent, however often it came before", () => {
  const word = fc.constantFrom("", "a", "b", "QLPUSH", "QLPUSX", "x".repeat(64), "x".repeat(65), "x".repeat(1000));
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), word, fc.nat(9))), (arguments_) => {
    const repeats = new ArgumentCache();
    const taken = arguments_.map(([place, text, start]) => {
      const bytes = bytesOf("-".repeat(start) + text + "-");
      return repeats.argument(place, bytes, start, start + text.length);
    });
    assert.deepEqual(taken, arguments_.map(([, text]) => bytesOf(text)));
  }));
});

Deno.test("A word that came last time is not made again", () => {
  const repeats = new ArgumentCache();
  const bytes = bytesOf("jobs jobs mail");
  const first = repeats.argument(1, bytes, 0, 4);
  assert.equal(repeats.argument(1, bytes, 5, 9), first);
  assert.notEqual(repeats.argument(0, bytes, 5, 9), first);
  assert.notEqual(repeats.argument(1, bytes, 10, 14), first);
});

Deno.test("What is remembered keeps nothing alive of what was received", () => {
  const repeats = new ArgumentCache();
  assert.equal(repeats.argument(0, bytesOf("PING and a megabyte"), 0, 4).buffer.byteLength, 4);
});
