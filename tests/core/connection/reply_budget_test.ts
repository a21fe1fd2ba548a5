import { ReplyBudget } from "../../../core/connection/reply_budget.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";

const MIB = 1024 * 1024;

/** Those that ask, each for a reply of so many bytes, and what came of it so far. */
function ask(replies: ReplyBudget, sizes: number[]): number[] {
  const admitted: number[] = [];
  sizes.forEach((bytes, number) => {
    const attempt = () => replies.reserve(bytes, attempt) && admitted.push(number);
    attempt();
  });
  return admitted;
}

Deno.test("Of large replies 2 MiB are expected at once, the next when one has come, in the order they were asked for", async () => {
  const replies = new ReplyBudget();
  const admitted = ask(replies, Array(8).fill(MIB / 2));
  assert.deepEqual(admitted, [0, 1], "after 1 MiB there is a rest");
  await eventually(() => assert.deepEqual(admitted, [0, 1, 2, 3]));
  for (const more of [4, 5, 6, 7]) {
    replies.completed(MIB / 2);
    await eventually(() => assert.deepEqual(admitted, Array.from({ length: more + 1 }, (_, number) => number)));
  }
});

Deno.test("A large reply that is larger than all together may be comes alone", async () => {
  const replies = new ReplyBudget();
  const admitted = ask(replies, [16 * MIB, 16 * MIB]);
  assert.deepEqual(admitted, [0]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(admitted, [0]);
  replies.completed(16 * MIB);
  assert.deepEqual(admitted, [0, 1]);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the rest ends
});
