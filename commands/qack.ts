import { eventId, queueName, readOptions } from "./arguments.ts";
import type { Command } from "./types.ts";

/** Ends the processing of an event: it is done, or with REDO it goes back. */
export const qack: Command = {
  name: "QACK",
  arity: [2, 3],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId [REDO]",
  summary: "Removes an event for good or, with REDO, gives one being processed back",
  handle(client, argv) {
    const { store } = client.okq;
    const queue = queueName(argv[1]);
    const id = eventId(argv[2]);
    const redo = argv.length > 3 && readOptions(argv, 3, { REDO: "flag" }).REDO;
    return redo ? store.redo(queue, id) : store.ack(queue, id);
  },
};
