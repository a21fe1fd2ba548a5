import { MAX_REASON_BYTES } from "../store/limits.ts";
import type { Reply } from "../resp/reply.ts";
import { eventId, milliseconds, queueName, rawBytes, readOptions, syntaxError } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

const OPTIONS = {
  DELAY: milliseconds,
  DEAD: "flag",
  RECEIPT: rawBytes,
  REASON: rawBytes,
  STATE: "flag",
} as const;

/** The result of the store for an event that moved to the dead queue. */
const DIED = 2;

/** By the result of the store. */
const STATES: Reply[] = [null, "requeued", "dead"];

export const qnack: Command = {
  name: "QNACK",
  arity: [2, 10],
  role: "consume",
  queues: [1, 1],
  syntax: "queue eventId [DELAY seconds | DEAD] [RECEIPT receipt] [REASON text] [STATE]",
  summary: "Returns a leased event to the queue as failed, after a delay or the queue's backoff, or to the dead queue",
  brief: true,
  handle(client, argv) {
    const { connectionLeases, deadLetterLog, store } = client.server;
    const queue = queueName(argv[1]);
    const id = eventId(argv[2]);
    const { DELAY, DEAD, RECEIPT, REASON, STATE } = readOptions(argv, 3, OPTIONS);
    if (DEAD && DELAY !== undefined) throw syntaxError("DELAY", "it excludes DEAD");
    const options = { delayMs: DELAY, dead: DEAD, reason: REASON?.subarray(0, MAX_REASON_BYTES) };
    const result = store.nack(queue, id, RECEIPT, options);
    return connectionLeases.forgetIfApplied(client, queue, id, result)
      .then((result) => {
        if (result === DIED) deadLetterLog.name(queue, id, REASON);
        return STATE ? STATES[result] : Math.min(result, 1);
      });
  },
};
