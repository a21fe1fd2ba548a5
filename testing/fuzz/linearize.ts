/**
 * Whether replies that several connections got at the same time can be explained at all: by doing their commands one
 * after the other in some order that keeps the order of each connection.
 *
 * @module
 */
import type { Shown } from "../../tests/support/wire.ts";
import { type Expected, Like, OneOf } from "./fuzz_command.ts";
import { Model } from "./model.ts";

/** A command that was answered. */
export interface Answered {
  /** What the model answers; does the same to it. */
  apply(model: Model): Expected;
  /** What okq answered. */
  reply: Shown;
}

/**
 * The states that okq may be in after these commands.
 * @param before the states that it may have been in
 * @param lines what each connection sent, in its order
 * @returns none if no order explains all replies
 */
export function explain(before: readonly Model[], lines: readonly (readonly Answered[])[]): Model[] {
  let level = new Map(before.map((model) => [model.state, { model, done: lines.map(() => 0) }]));
  // Breadth first: orders that have led to the same place and state are followed once.
  for (let left = lines.flat().length; left > 0; left--) {
    const next: typeof level = new Map();
    for (const { model, done } of level.values()) {
      for (const [i, line] of lines.entries()) {
        const answered = line[done[i]];
        if (!answered) continue;
        const after = new Model(model);
        if (!matches(answered.apply(after), answered.reply)) continue;
        const places = done.with(i, done[i] + 1);
        next.set(`${places} ${after.state}`, { model: after, done: places });
      }
    }
    level = next;
  }
  return [...level.values()].map(({ model }) => model);
}

/** Whether a reply is one that was expected. */
export function matches(expected: Expected, reply: Shown): boolean {
  if (expected instanceof Like) return expected.fits(reply);
  if (expected instanceof OneOf) return expected.replies.some((one) => matches(one, reply));
  if (Array.isArray(expected)) {
    return Array.isArray(reply) && reply.length === expected.length &&
      expected.every((one, i) => matches(one, reply[i]));
  }
  if (expected instanceof Map) {
    return reply instanceof Map && reply.size === expected.size &&
      [...expected].every(([key, value]) => reply.has(key) && matches(value, reply.get(key)!));
  }
  return expected === reply;
}
