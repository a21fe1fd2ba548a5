import { bytesOfKey, compareBytes, concatBytes, keyOf, RecentCache } from "../../store/bytes.ts";
import { assert } from "../deps.ts";
import { bytes } from "../support/wire.ts";

/** A cache of lengths, and the arguments for which it computed one. */
function lengthCache() {
  const computed: string[] = [];
  const cache = new RecentCache((name) => {
    computed.push(keyOf(name));
    return name.length;
  });
  return { cache, computed };
}

Deno.test("RecentCache computes the results of four arguments once", () => {
  const { cache, computed } = lengthCache();
  for (let round = 0; round < 3; round++) {
    for (const name of ["a", "bb", "ccc", "dddd"]) assert.equal(cache.get(bytes(name)), name.length);
  }
  assert.deepEqual(computed, ["a", "bb", "ccc", "dddd"]);
});

Deno.test("RecentCache copies its arguments", () => {
  const { cache, computed } = lengthCache();
  const name = bytes("a");
  cache.get(name);
  name[0] = "b".charCodeAt(0);
  cache.get(name);
  assert.deepEqual(computed, ["a", "b"]);
});

Deno.test("RecentCache drops the oldest argument, and keeps none of more than 512 bytes", () => {
  const { cache, computed } = lengthCache();
  for (const name of ["a", "b", "c", "d", "e", "a"]) cache.get(bytes(name));
  assert.deepEqual(computed, ["a", "b", "c", "d", "e", "a"]);
  const long = bytes("x".repeat(513));
  assert.equal(cache.get(long), 513);
  assert.equal(cache.get(long), 513);
  assert.equal(computed.length, 8);
});

Deno.test("compareBytes sorts by bytes, a prefix first", () => {
  const sorted = [[], [0], [0, 255], [1], [127], [128, 0]].map((values) => Uint8Array.from(values));
  assert.deepEqual(sorted.toReversed().sort(compareBytes), sorted);
});

Deno.test("concatBytes joins any number of byte strings", () => {
  assert.deepEqual(concatBytes(), new Uint8Array());
  assert.deepEqual(concatBytes(bytes("a"), bytes(""), bytes("bc")), bytes("abc"));
});

Deno.test("bytesOfKey returns the bytes of which keyOf made a key", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.deepEqual(bytesOfKey(keyOf(all)), all);
});
