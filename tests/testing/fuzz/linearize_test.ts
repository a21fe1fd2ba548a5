import { OneOf } from "../../../testing/fuzz/fuzz_command.ts";
import { type Answered, linearize, matches } from "../../../testing/fuzz/linearize.ts";
import { Model } from "../../../testing/fuzz/model.ts";
import { assert } from "../../deps.ts";
import type { Shown } from "../../support/wire.ts";

const push = (id: string, reply: Shown): Answered => ({
  reply,
  apply: (model) => model.queue("q").push(id, "c", "left") ? "+OK" : `-ERR duplicate event ${id}`,
});
const pop = (reply: Shown): Answered => ({ reply, apply: (model) => [...model.queue("q").pop(1) ?? []] });
const EMPTY: Shown = [];

Deno.test("linearize returns every state that an order of concurrent commands leads to", () => {
  const states = linearize([new Model()], [[push("1", "+OK")], [push("2", "+OK")]]);
  assert.equal(states.length, 2);
  const next = linearize(states, [[pop(["2", "c"])], [pop(["1", "c"])]]);
  assert.equal(next.length, 1);
  // One pop alone that returns 2 shows that 2 was pushed first.
  assert.equal(linearize(states, [[pop(["2", "c"]), pop(["1", "c"])]]).length, 1);
});

Deno.test("linearize keeps the order of each connection", () => {
  assert.equal(linearize([new Model()], [[push("1", "+OK"), push("2", "+OK")], [pop(["1", "c"])]]).length, 1);
  assert.equal(linearize([new Model()], [[push("1", "+OK"), push("2", "+OK")], [pop(["2", "c"])]]).length, 0);
  assert.equal(linearize([new Model()], [[push("1", "+OK")], [pop(EMPTY)]]).length, 1);
  assert.equal(linearize([new Model()], [[push("1", "+OK"), pop(EMPTY)], []]).length, 0);
});

Deno.test("linearize finds no order for an event delivered twice, stored twice, or lost", () => {
  const [stored] = linearize([new Model()], [[push("1", "+OK")]]);
  assert.equal(linearize([stored], [[pop(["1", "c"])], [pop(["1", "c"])]]).length, 0);
  assert.equal(linearize([stored], [[push("1", "+OK")], [push("2", "+OK")]]).length, 0);
  assert.equal(linearize([stored], [[pop(EMPTY)], [pop(EMPTY)]]).length, 0);
});

Deno.test("matches compares replies in depth, and accepts any of several", () => {
  assert.equal(matches(new OneOf(["a", "b"]), "b"), true);
  assert.equal(matches(new OneOf(["a", "b"]), null), false);
  assert.equal(matches([["q", 1]], [["q", 1]]), true);
  assert.equal(matches([["q", 1]], [["q", 1], ["r", 1]]), false);
  assert.equal(matches(new Map([["total", 1]]), new Map([["total", 2]])), false);
  assert.equal(matches(new Map([["total", 1]]), new Map([["total", 1]])), true);
});
