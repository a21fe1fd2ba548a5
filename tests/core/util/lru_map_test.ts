import { LruMap } from "../../../core/util/lru_map.ts";
import { assert } from "../../deps.ts";

const filled = (max: number, ...keys: string[]) => {
  const map = new LruMap<string, string>(max);
  for (const key of keys) map.set(key, `value of ${key}`);
  return map;
};

Deno.test("LruMap returns what was set, and undefined for other keys", () => {
  const map = filled(2, "a");
  assert.deepEqual([map.get("a"), map.get("b"), map.size], ["value of a", undefined, 1]);
});

Deno.test("LruMap forgets the entry that was set longest ago", () => {
  const map = filled(2, "a", "b", "c");
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c")], [undefined, "value of b", "value of c"]);
  assert.equal(map.size, 2);
});

Deno.test("LruMap keeps an entry that is set again, and replaces its value", () => {
  const map = filled(2, "a", "b");
  map.set("a", "new");
  map.set("c", "value of c");
  assert.deepEqual([map.get("a"), map.get("b"), map.size], ["new", undefined, 2]);
});

Deno.test("LruMap does not renew an entry that is read", () => {
  const map = filled(2, "a", "b");
  map.get("a");
  map.set("c", "value of c");
  assert.equal(map.get("a"), undefined);
});
