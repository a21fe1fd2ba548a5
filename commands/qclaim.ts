import { type ClaimedEvent, deliveriesOf } from "../core/delivery/claims.ts";
import { HOLD_LEASE_MS } from "../core/delivery/connection_leases.ts";
import type { Reply } from "../resp/reply.ts";
import { MAX_CLAIM_COUNT } from "../store/limits.ts";
import { countUpTo, milliseconds, readOptions, syntaxError, word } from "./shared/arguments.ts";
import { type Command, CommandError, Delivery } from "./shared/command.ts";
import { consumedQueues, requireRoomToBlock } from "./shared/limits.ts";

const OPTIONS = {
  COUNT: countUpTo(MAX_CLAIM_COUNT),
  EX: milliseconds,
  HOLD: "flag",
  BLOCK: milliseconds,
  META: "flag",
} as const;

export const qclaim: Command = {
  name: "QCLAIM",
  arity: [2, Infinity],
  role: "consume",
  queues: { after: "QUEUES" },
  largeReply: true,
  syntax: "[COUNT n] [EX seconds | HOLD] [BLOCK seconds] [META] QUEUES queue [queue ...]",
  summary: "Leases events from several queues in order of priority, and can wait for one",
  exclusive: (argv) => !isSingleStep(argv),
  // HOLD needs the room that an earlier QACK leaves; and only a claim that waits misses nothing if a QNACK takes two steps.
  followsBrief: (argv) => hasOption(argv, "BLOCK") && !hasOption(argv, "HOLD"),
  blocks: true,
  async handle(client, argv) {
    const at = queuesIndex(argv);
    if (at < 0 || at === argv.length - 1) {
      throw syntaxError(argv.at(-1)!, "QUEUES and the names of queues must follow the options");
    }
    const { COUNT = 1, EX, HOLD, BLOCK, META } = readOptions(argv.slice(0, at), 1, OPTIONS);
    if (HOLD && EX !== undefined) throw syntaxError("EX", "it excludes HOLD");
    const queues = consumedQueues(client, argv.slice(at + 1));
    const { connectionLeases, limits, waiters } = client.server;
    if (BLOCK !== undefined) requireRoomToBlock(client);
    const tooManyHeld = `ERR too many held events: --max-held-events is ${limits.maxHeldEvents}`;
    if (HOLD && connectionLeases.full) throw new CommandError(tooManyHeld);
    const request = { queues, count: COUNT, leaseMs: HOLD ? HOLD_LEASE_MS : EX };
    const claimed = await waiters.claim(client, request, BLOCK);
    if (claimed.length === 0) return null;
    const deliveries = deliveriesOf(claimed);
    if (HOLD && !await connectionLeases.add(client, deliveries)) throw new CommandError(tooManyHeld);
    const bytes = claimed.reduce((sum, { contents }) => sum + contents.length, 0);
    waiters.claimBudget.take(bytes);
    return new Delivery(claimReply(claimed, META), (delivered) => {
      waiters.claimBudget.free(bytes);
      if (delivered || request.leaseMs === 0) return;
      if (HOLD) connectionLeases.forget(client, deliveries);
      waiters.giveBack(deliveries);
    }, claimed);
  },
};

/** A claim from one queue without waiting is a single store call. */
function isSingleStep(argv: Uint8Array[]): boolean {
  const at = queuesIndex(argv);
  return at === argv.length - 2 && !hasOption(argv, "BLOCK");
}

function hasOption(argv: Uint8Array[], option: string): boolean {
  return argv.slice(1, queuesIndex(argv)).some((arg) => word(arg) === option);
}

function queuesIndex(argv: Uint8Array[]): number {
  return argv.findIndex((arg, i) => i > 0 && word(arg) === "QUEUES");
}

function claimReply(claimed: ClaimedEvent[], withMeta = false): Reply {
  return claimed.map(({ queue, id, contents, attempt, receipt, meta, group }) => {
    return [queue, id, contents, attempt, receipt, ...withMeta ? [meta, group] : []];
  });
}
