import { OK } from "../resp/reply.ts";
import { distinct } from "../store/bytes.ts";
import { queueName } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

export const qregister: Command = {
  name: "QREGISTER",
  arity: [0, Infinity],
  role: "consume",
  queues: [1, -1],
  syntax: "[queue ...]",
  summary: "Registers the connection as a consumer of these queues only, or of none",
  exclusive: true,
  handle(client, argv) {
    // Copies: the names outlive the input buffer that they arrived in.
    const queues = distinct(argv.slice(1).map((name) => queueName(name).slice()));
    const { limits: { maxClientQueues, maxRegistrations }, registrations } = client.server;
    if (queues.length > maxClientQueues) {
      throw new CommandError(`ERR too many queues: --max-client-queues is ${maxClientQueues}`);
    }
    if (registrations.size - client.queues.length + queues.length > maxRegistrations) {
      throw new CommandError(`ERR too many registrations: --max-registrations is ${maxRegistrations}`);
    }
    return registrations.register(client, queues).then(() => OK);
  },
};
