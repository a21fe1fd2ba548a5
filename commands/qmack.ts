import { MAX_TOGETHER } from "../store/limits.ts";
import { eventId, pairs, queueName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

export const qmack: Command = {
  name: "QMACK",
  arity: [3, Infinity],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId receipt [eventId receipt ...]",
  summary: "Acknowledges several deliveries of a queue in one step, and returns how many were current",
  handle(client, argv) {
    const { connectionLeases, store } = client.server;
    const queue = queueName(argv[1]);
    const deliveries = pairs("QMACK", argv.slice(2), MAX_TOGETHER)
      .map(([id, receipt]) => ({ id: eventId(id), receipt }));
    return store.ackAll(queue, deliveries).then((acked) => {
      connectionLeases.forgetEnded(client, queue, deliveries);
      return acked;
    });
  },
};
