import { HashTable } from "../../../../store/sqlite/tables/hash_table.ts";
import { assert, fc } from "../../../deps.ts";

const ALWAYS = () => true;

Deno.test("HashTable finds what was added and not removed, also when hashes collide and wrap around", () => {
  const hash = fc.integer({ min: -3, max: 12 });
  const step = fc.record({ add: fc.boolean(), hash, value: fc.integer({ min: 1, max: 60 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const table = new HashTable();
    const held = new Map<number, number>();
    for (const { add, hash, value } of steps) {
      if (!add) {
        table.remove(hash, value);
        if (held.get(value) === hash) held.delete(value);
      } else if (!held.has(value)) {
        table.add(hash, value);
        held.set(value, hash);
      }
    }
    for (let hash = -3; hash <= 12; hash++) {
      const under = [...held].filter(([, of]) => of === hash).map(([value]) => value);
      for (const value of under) assert.equal(table.find(hash, (found) => found === value), value);
      const seen: number[] = [];
      assert.equal(table.find(hash, (found) => (seen.push(found), false)), 0);
      assert.deepEqual(seen.sort((a, b) => a - b), under.sort((a, b) => a - b));
    }
  }));
});

Deno.test("HashTable finds all of 10,000 values, and none after they are removed", () => {
  const table = new HashTable();
  const hashes = [...crypto.getRandomValues(new Int32Array(10_000))];
  for (const [i, hash] of hashes.entries()) table.add(hash, i + 1);
  for (const [i, hash] of hashes.entries()) assert.equal(table.find(hash, (value) => value === i + 1), i + 1);
  for (const [i, hash] of hashes.entries()) table.remove(hash, i + 1);
  for (const hash of hashes) assert.equal(table.find(hash, ALWAYS), 0);
});
