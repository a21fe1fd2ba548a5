import type { Taken } from "../core/delivery/claims.ts";
import { HOLD_MS } from "../core/delivery/connection_leases.ts";
import type { Reply } from "../resp/reply.ts";
import { distinct } from "../store/bytes.ts";
import { MOST_CLAIMED } from "../store/store.ts";
import { countUpTo, milliseconds, queueName, readOptions, syntaxError, word } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

const OPTIONS = { COUNT: countUpTo(MOST_CLAIMED), EX: milliseconds, HOLD: "flag", BLOCK: milliseconds } as const;

/** Takes events from several queues, and may wait for them. */
export const qclaim: Command = {
  name: "QCLAIM",
  arity: [2, Infinity],
  role: "consume",
  queues: { after: "QUEUES" },
  large: true,
  syntax: "[COUNT n] [EX seconds | HOLD] [BLOCK seconds] QUEUES queue [queue ...]",
  summary: "Takes events from the first queues that have some, or waits until there is one",
  alone: (argv) => !isOneStep(argv),
  waits: true,
  async handle(client, argv) {
    const at = placeOfQueues(argv);
    if (at < 0 || at === argv.length - 1) throw syntaxError();
    const { COUNT = 1, EX, HOLD, BLOCK } = readOptions(argv.slice(0, at), 1, OPTIONS);
    if (HOLD && EX !== undefined) throw syntaxError();
    // Copies, because the names outlive the block of input that they arrived in.
    const queues = distinct(argv.slice(at + 1).map((name) => queueName(name).slice()));
    const { holds, limits, waiters } = client.okq;
    if (queues.length > limits.maxClientQueues) {
      throw new CommandError(`ERR too many queues: a connection may claim from at most ${limits.maxClientQueues}`);
    }
    if (BLOCK !== undefined && waiters.clients >= limits.maxWaiters) {
      throw new CommandError(`ERR too many clients wait for events: at most ${limits.maxWaiters} may`);
    }
    const heldTooMany = `ERR too many events are held: at most ${limits.maxHeld} may be in all`;
    if (HOLD && holds.full) throw new CommandError(heldTooMany);
    const taken = await waiters.claim(client, { queues, most: COUNT, leaseMs: HOLD ? HOLD_MS : EX }, BLOCK);
    if (HOLD && !await holds.hold(client, taken)) throw new CommandError(heldTooMany);
    return takenReply(taken);
  },
};

/** Whether it takes from a single queue and does not wait. */
function isOneStep(argv: Uint8Array[]): boolean {
  const at = placeOfQueues(argv);
  return at === argv.length - 2 && !argv.slice(0, at).some((arg) => word(arg) === "BLOCK");
}

/** Where the word stands behind which there are only queues. */
function placeOfQueues(argv: Uint8Array[]): number {
  return argv.findIndex((arg, i) => i > 0 && word(arg) === "QUEUES");
}

function takenReply(taken: Taken[]): Reply {
  if (taken.length === 0) return null;
  return taken.map(({ queue, id, contents, attempt, receipt }) => [queue, id, contents, attempt, receipt]);
}
