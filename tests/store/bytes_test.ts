import { keyOf, RecentCache } from "../../store/bytes.ts";
import { assert } from "../deps.ts";
import { bytes } from "../support/wire.ts";

/** A memory of what was asked, and how often it had to ask itself. */
function remembering() {
  const asked: string[] = [];
  const recent = new RecentCache((name) => {
    asked.push(keyOf(name));
    return name.length;
  });
  return { asked, recent };
}

Deno.test("Recent asks once for what it is asked again and again", () => {
  const { asked, recent } = remembering();
  for (let round = 0; round < 3; round++) {
    for (const name of ["a", "bb", "ccc", "dddd"]) assert.equal(recent.get(bytes(name)), name.length);
  }
  assert.deepEqual(asked, ["a", "bb", "ccc", "dddd"]);
});

Deno.test("Recent remembers the bytes as they were", () => {
  const { asked, recent } = remembering();
  const name = bytes("a");
  recent.get(name);
  name[0] = "b".charCodeAt(0);
  recent.get(name);
  assert.deepEqual(asked, ["a", "b"]);
});

Deno.test("Recent forgets the oldest, and keeps nothing long", () => {
  const { asked, recent } = remembering();
  for (const name of ["a", "b", "c", "d", "e", "a"]) recent.get(bytes(name));
  assert.deepEqual(asked, ["a", "b", "c", "d", "e", "a"]);
  const long = bytes("x".repeat(513));
  assert.equal(recent.get(long), 513);
  assert.equal(recent.get(long), 513);
  assert.equal(asked.length, 8);
});
