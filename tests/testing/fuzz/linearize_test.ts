import { OneOf } from "../../../testing/fuzz/fuzz_command.ts";
import { type Answered, explain, matches } from "../../../testing/fuzz/linearize.ts";
import { Model } from "../../../testing/fuzz/model.ts";
import { assert } from "../../deps.ts";
import type { Shown } from "../../support/wire.ts";

const push = (id: string, reply: Shown): Answered => ({
  reply,
  apply: (model) => model.queue("q").push(id, "c", "left") ? "+OK" : `-ERR duplicate event ${id}`,
});
const pop = (reply: Shown): Answered => ({ reply, apply: (model) => [...model.queue("q").pop(1) ?? []] });
const EMPTY: Shown = [];

Deno.test("explain finds every state that an order of overlapping commands leads to", () => {
  const states = explain([new Model()], [[push("1", "+OK")], [push("2", "+OK")]]);
  assert.equal(states.length, 2);
  const next = explain(states, [[pop(["2", "c"])], [pop(["1", "c"])]]);
  assert.equal(next.length, 1);
  // That 2 was popped by the first alone tells that it had been pushed first.
  assert.equal(explain(states, [[pop(["2", "c"]), pop(["1", "c"])]]).length, 1);
});

Deno.test("explain keeps the order of each connection", () => {
  assert.equal(explain([new Model()], [[push("1", "+OK"), push("2", "+OK")], [pop(["1", "c"])]]).length, 1);
  assert.equal(explain([new Model()], [[push("1", "+OK"), push("2", "+OK")], [pop(["2", "c"])]]).length, 0);
  assert.equal(explain([new Model()], [[push("1", "+OK")], [pop(EMPTY)]]).length, 1);
  assert.equal(explain([new Model()], [[push("1", "+OK"), pop(EMPTY)], []]).length, 0);
});

Deno.test("explain finds no order for an event delivered twice, stored twice, or lost", () => {
  const [stored] = explain([new Model()], [[push("1", "+OK")]]);
  assert.equal(explain([stored], [[pop(["1", "c"])], [pop(["1", "c"])]]).length, 0);
  assert.equal(explain([stored], [[push("1", "+OK")], [push("2", "+OK")]]).length, 0);
  assert.equal(explain([stored], [[pop(EMPTY)], [pop(EMPTY)]]).length, 0);
});

Deno.test("matches compares replies in depth, and takes any one of several", () => {
  assert.equal(matches(new OneOf(["a", "b"]), "b"), true);
  assert.equal(matches(new OneOf(["a", "b"]), null), false);
  assert.equal(matches([["q", 1]], [["q", 1]]), true);
  assert.equal(matches([["q", 1]], [["q", 1], ["r", 1]]), false);
  assert.equal(matches(new Map([["total", 1]]), new Map([["total", 2]])), false);
  assert.equal(matches(new Map([["total", 1]]), new Map([["total", 1]])), true);
});
