import type { ClaimedEvent } from "../core/delivery/claims.ts";
import { HOLD_LEASE_MS } from "../core/delivery/connection_leases.ts";
import type { Reply } from "../resp/reply.ts";
import { distinct } from "../store/bytes.ts";
import { MAX_CLAIM_COUNT } from "../store/store.ts";
import { countUpTo, milliseconds, queueName, readOptions, syntaxError, word } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

const OPTIONS = { COUNT: countUpTo(MAX_CLAIM_COUNT), EX: milliseconds, HOLD: "flag", BLOCK: milliseconds } as const;

/** Takes events from several queues, and may wait for them. */
export const qclaim: Command = {
  name: "QCLAIM",
  arity: [2, Infinity],
  role: "consume",
  queues: { after: "QUEUES" },
  largeReply: true,
  syntax: "[COUNT n] [EX seconds | HOLD] [BLOCK seconds] QUEUES queue [queue ...]",
  summary: "Takes events from the first queues that have some, or waits until there is one",
  exclusive: (argv) => !isSingleStep(argv),
  blocks: true,
  async handle(client, argv) {
    const at = queuesIndex(argv);
    if (at < 0 || at === argv.length - 1) throw syntaxError();
    const { COUNT = 1, EX, HOLD, BLOCK } = readOptions(argv.slice(0, at), 1, OPTIONS);
    if (HOLD && EX !== undefined) throw syntaxError();
    // Copies, because the names outlive the block of input that they arrived in.
    const queues = distinct(argv.slice(at + 1).map((name) => queueName(name).slice()));
    const { connectionLeases, limits, waiters } = client.server;
    if (queues.length > limits.maxClientQueues) {
      throw new CommandError(`ERR too many queues: a connection may claim from at most ${limits.maxClientQueues}`);
    }
    if (BLOCK !== undefined && waiters.blockedClients >= limits.maxBlockedClients) {
      throw new CommandError(`ERR too many clients wait for events: at most ${limits.maxBlockedClients} may`);
    }
    const heldTooMany = `ERR too many events are held: at most ${limits.maxHeldEvents} may be in all`;
    if (HOLD && connectionLeases.full) throw new CommandError(heldTooMany);
    const taken = await waiters.claim(client, { queues, count: COUNT, leaseMs: HOLD ? HOLD_LEASE_MS : EX }, BLOCK);
    if (HOLD && !await connectionLeases.add(client, taken)) throw new CommandError(heldTooMany);
    return claimReply(taken);
  },
};

/** Whether it takes from a single queue and does not wait. */
function isSingleStep(argv: Uint8Array[]): boolean {
  const at = queuesIndex(argv);
  return at === argv.length - 2 && !argv.slice(0, at).some((arg) => word(arg) === "BLOCK");
}

/** Where the word stands behind which there are only queues. */
function queuesIndex(argv: Uint8Array[]): number {
  return argv.findIndex((arg, i) => i > 0 && word(arg) === "QUEUES");
}

function claimReply(taken: ClaimedEvent[]): Reply {
  if (taken.length === 0) return null;
  return taken.map(({ queue, id, contents, attempt, receipt }) => [queue, id, contents, attempt, receipt]);
}
