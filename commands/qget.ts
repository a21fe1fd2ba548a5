import type { Reply } from "../resp/reply.ts";
import { eventId, queueName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

export const qget: Command = {
  name: "QGET",
  arity: [2, 2],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  syntax: "queue eventId",
  summary: "Returns all fields of an event without changing it",
  async handle(client, argv) {
    const event = await client.server.store.get(queueName(argv[1]), eventId(argv[2]));
    if (event === null) return null;
    return new Map<string, Reply>([
      ["id", event.id],
      ["state", event.state],
      ["attempts", event.attempts],
      ["age", event.ageMs],
      ["size", event.size],
      ["due", event.dueMs],
      ["ttl", event.expiresMs],
      ["reason", event.reason],
      ["group", event.group],
      ["meta", event.meta],
      ["contents", event.contents],
    ]);
  },
};
