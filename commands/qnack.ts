import { MAX_REASON_BYTES } from "../store/limits.ts";
import { eventId, milliseconds, queueName, rawBytes, readOptions } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

export const qnack: Command = {
  name: "QNACK",
  arity: [2, 8],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId [DELAY seconds] [RECEIPT receipt] [REASON text]",
  summary: "Returns a leased event to the queue as failed, after a delay or the queue's backoff",
  handle(client, argv) {
    const { connectionLeases, store } = client.server;
    const queue = queueName(argv[1]);
    const id = eventId(argv[2]);
    const { DELAY, RECEIPT, REASON } = readOptions(argv, 3, {
      DELAY: milliseconds,
      RECEIPT: rawBytes,
      REASON: rawBytes,
    });
    const options = { delayMs: DELAY, reason: REASON?.subarray(0, MAX_REASON_BYTES) };
    return connectionLeases.forgetIfApplied(client, queue, id, store.nack(queue, id, RECEIPT, options));
  },
};
