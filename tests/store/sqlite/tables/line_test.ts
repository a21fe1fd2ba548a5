import { Line } from "../../../../store/sqlite/tables/line.ts";
import { assert, fc } from "../../../deps.ts";

/** Takes all turns from the front. */
function drain(line: Line): number[] {
  const turns = [];
  for (let turn; (turn = line.first) !== undefined; line.delete(turn)) turns.push(turn);
  assert.equal(line.size, 0);
  return turns;
}

Deno.test("Line has the greatest turn first, wherever turns were added and deleted", () => {
  const changes = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 200 });
  fc.assert(fc.property(changes, (turns) => {
    const line = new Line();
    const expected = new Set<number>();
    for (const turn of turns) {
      if (expected.delete(turn)) line.delete(turn);
      else {
        expected.add(turn);
        line.add(turn);
      }
      assert.equal(line.size, expected.size);
      assert.equal(line.first, expected.size === 0 ? undefined : Math.max(...expected));
    }
    assert.deepEqual(drain(line), [...expected].sort((a, b) => b - a));
  }));
});

Deno.test("Line keeps 10,000 turns in order that were added on both sides, and deleted in the middle", () => {
  const line = new Line();
  for (let i = 1; i <= 5000; i++) {
    line.add(-i);
    line.add(i);
  }
  for (let i = 1; i < 5000; i++) {
    line.delete(i);
    if (i % 2 === 0) line.delete(-i);
  }
  assert.deepEqual(drain(line), [5000, ...Array.from({ length: 2500 }, (_, i) => -2 * i - 1), -5000]);
});
