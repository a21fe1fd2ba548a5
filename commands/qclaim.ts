import type { Taken } from "../core/claims.ts";
import type { Reply } from "../resp/reply.ts";
import { distinct } from "../store/bytes.ts";
import { MOST_CLAIMED } from "../store/store.ts";
import { milliseconds, outOfRange, queueName, readOptions, syntaxError, wholeNumber, word } from "./arguments.ts";
import { DEFAULT_LEASE_MS } from "./qrpop.ts";
import { type Command, CommandError } from "./types.ts";

/** Takes events from several queues, and may wait for them. */
export const qclaim: Command = {
  name: "QCLAIM",
  arity: [2, Infinity],
  role: "consume",
  queues: { after: "QUEUES" },
  large: true,
  syntax: "[COUNT n] [EX seconds] [BLOCK seconds] QUEUES queue [queue ...]",
  summary: "Takes events from the first queues that have some, or waits until there is one",
  alone: true,
  waits: true,
  handle(client, argv) {
    const at = argv.findIndex((arg, i) => i > 0 && word(arg) === "QUEUES");
    if (at < 0 || at === argv.length - 1) throw syntaxError();
    const options = readOptions(argv.slice(0, at), 1, { COUNT: count, EX: milliseconds, BLOCK: milliseconds });
    // Copies, because the names outlive the block of input that they arrived in.
    const queues = distinct(argv.slice(at + 1).map((name) => queueName(name).slice()));
    const { waiters, limits } = client.okq;
    if (queues.length > limits.maxClientQueues) {
      throw new CommandError(`ERR too many queues: a connection may claim from at most ${limits.maxClientQueues}`);
    }
    if (options.BLOCK !== undefined && waiters.clients >= limits.maxWaiters) {
      throw new CommandError(`ERR too many clients wait for events: at most ${limits.maxWaiters} may`);
    }
    const request = { queues, most: options.COUNT ?? 1, leaseMs: options.EX ?? DEFAULT_LEASE_MS };
    return waiters.claim(client, request, options.BLOCK).then(takenReply);
  },
};

function count(bytes: Uint8Array, name: string): number {
  const number = wholeNumber(bytes) ?? 0;
  if (number < 1) throw outOfRange(name);
  return Math.min(number, MOST_CLAIMED);
}

function takenReply(taken: Taken[]): Reply {
  if (taken.length === 0) return null;
  return taken.map(({ queue, id, contents, attempt, receipt }) => [queue, id, contents, attempt, receipt]);
}
