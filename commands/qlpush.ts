import { push, PUSH_ARITY, PUSH_SYNTAX, pushedMeta } from "./shared/push.ts";
import type { Command } from "./shared/command.ts";

export const qlpush: Command = {
  name: "QLPUSH",
  arity: PUSH_ARITY,
  role: "produce",
  queues: [1, 1],
  syntax: PUSH_SYNTAX,
  summary: "Adds an event at the left end of a queue, where it is popped last",
  brief: true,
  pushedMeta,
  handle: (client, argv) => push(client, argv, "left"),
};
