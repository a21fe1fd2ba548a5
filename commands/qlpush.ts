import { push, PUSH_ARITY, PUSH_SYNTAX } from "./shared/push.ts";
import type { Command } from "./shared/command.ts";

/** Adds an event as the new left-most of its queue. */
export const qlpush: Command = {
  name: "QLPUSH",
  arity: PUSH_ARITY,
  role: "produce",
  queues: [1, 1],
  syntax: PUSH_SYNTAX,
  summary: "Adds an event on the left: the last one popped",
  handle: (client, argv) => push(client, argv, "left"),
};
