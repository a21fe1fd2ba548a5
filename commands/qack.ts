import { eventId, queueName, rawBytes, readOptions } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

export const qack: Command = {
  name: "QACK",
  arity: [2, 5],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId [REDO] [RECEIPT receipt]",
  summary: "Acknowledges an event, which removes it, or with REDO returns a leased event to the queue",
  brief: true,
  handle(client, argv) {
    const { connectionLeases, store } = client.server;
    const queue = queueName(argv[1]);
    const id = eventId(argv[2]);
    if (argv.length === 3) return connectionLeases.forgetIfApplied(client, queue, id, store.ack(queue, id));
    const { REDO, RECEIPT } = readOptions(argv, 3, { REDO: "flag", RECEIPT: rawBytes });
    const result = REDO ? store.redo(queue, id, RECEIPT) : store.ack(queue, id, RECEIPT);
    return connectionLeases.forgetIfApplied(client, queue, id, result);
  },
};
