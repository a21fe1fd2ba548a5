/**
 * Linearizability: concurrent commands must be explained by some order that keeps the order of each connection.
 *
 * @module
 */
import type { Shown } from "../../tests/support/wire.ts";
import { type Expected, Like, OneOf } from "./fuzz_command.ts";
import { Model } from "./model.ts";

export interface Answered {
  apply(model: Model): Expected;
  reply: Shown;
}

/**
 * The possible states after concurrent commands; none if no order explains all replies.
 * @param connections the commands of each connection, in its order
 */
export function linearize(before: readonly Model[], connections: readonly (readonly Answered[])[]): Model[] {
  let level = new Map(before.map((model) => [model.state, { model, done: connections.map(() => 0) }]));
  // Breadth first: orders that lead to the same progress and state are followed once.
  for (let left = connections.flat().length; left > 0; left--) {
    const next: typeof level = new Map();
    for (const { model, done } of level.values()) {
      for (const [i, commands] of connections.entries()) {
        const command = commands[done[i]];
        if (!command) continue;
        const after = new Model(model);
        if (!matches(command.apply(after), command.reply)) continue;
        const progress = done.with(i, done[i] + 1);
        next.set(`${progress} ${after.state}`, { model: after, done: progress });
      }
    }
    level = next;
  }
  return [...level.values()].map(({ model }) => model);
}

export function matches(expected: Expected, reply: Shown): boolean {
  if (expected instanceof Like) return expected.matches(reply);
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
