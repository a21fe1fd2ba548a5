import { push, PUSH_ARITY, PUSH_SYNTAX } from "./push.ts";
import type { Command } from "./types.ts";

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
