import { OK } from "../resp/reply.ts";
import { queueName } from "./arguments.ts";
import type { Command } from "./types.ts";

/** Declares which queues the connection consumes. */
export const qregister: Command = {
  name: "QREGISTER",
  arity: [0, Infinity],
  role: "consume",
  queues: [1, -1],
  syntax: "[queue ...]",
  summary: "Declares which queues this connection consumes, instead of those before",
  alone: true,
  handle(client, argv) {
    // Copies, because the names outlive the block of input that they arrived in.
    const queues = argv.slice(1).map((name) => queueName(name).slice());
    return client.okq.registrations.register(client, queues).then(() => OK);
  },
};
