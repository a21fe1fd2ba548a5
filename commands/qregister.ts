import { OK } from "../resp/reply.ts";
import { distinct } from "../store/bytes.ts";
import { queueName } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

/** Declares which queues the connection consumes. */
export const qregister: Command = {
  name: "QREGISTER",
  arity: [0, Infinity],
  role: "consume",
  queues: [1, -1],
  syntax: "[queue ...]",
  summary: "Declares which queues this connection consumes, instead of those before",
  exclusive: true,
  handle(client, argv) {
    // Copies, because the names outlive the block of input that they arrived in.
    const queues = distinct(argv.slice(1).map((name) => queueName(name).slice()));
    const { limits: { maxClientQueues, maxRegistrations }, registrations } = client.server;
    if (queues.length > maxClientQueues) {
      throw new CommandError(`ERR too many queues: a connection may register at most ${maxClientQueues}`);
    }
    if (registrations.size - client.queues.length + queues.length > maxRegistrations) {
      throw new CommandError(`ERR too many queues are registered: at most ${maxRegistrations} may be in all`);
    }
    return registrations.register(client, queues).then(() => OK);
  },
};
