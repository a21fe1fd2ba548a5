import { push } from "./push.ts";
import type { Command } from "./types.ts";

/** Adds an event as the new left-most of its queue. */
export const qlpush: Command = {
  name: "QLPUSH",
  arity: [3, 4],
  role: "produce",
  queues: [1, 1],
  syntax: "queue eventId contents [NOBLOCK]",
  summary: "Adds an event on the left: the last one popped",
  handle: (client, argv) => push(client, argv, "left"),
};
