import { push, PUSH_ARITY, PUSH_SYNTAX } from "./shared/push.ts";
import type { Command } from "./shared/command.ts";

/** Adds an event as the new right-most of its queue. */
export const qrpush: Command = {
  name: "QRPUSH",
  arity: PUSH_ARITY,
  role: "produce",
  queues: [1, 1],
  syntax: PUSH_SYNTAX,
  summary: "Adds an event on the right: the next one popped",
  handle: (client, argv) => push(client, argv, "right"),
};
