import { OK } from "../resp/reply.ts";
import { type Command, CommandError } from "./shared/command.ts";
import { consumedQueues } from "./shared/limits.ts";

export const qregister: Command = {
  name: "QREGISTER",
  arity: [0, Infinity],
  role: "consume",
  queues: [1, -1],
  syntax: "[queue ...]",
  summary: "Registers the connection as a consumer of these queues only, or of none",
  exclusive: true,
  handle(client, argv) {
    const queues = consumedQueues(client, argv.slice(1));
    const { limits: { maxRegistrations }, registrations } = client.server;
    if (registrations.size - client.queues.length + queues.length > maxRegistrations) {
      throw new CommandError(`ERR too many registrations: --max-registrations is ${maxRegistrations}`);
    }
    return registrations.register(client, queues).then(() => OK);
  },
};
