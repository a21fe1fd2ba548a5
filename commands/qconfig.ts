import type { ClientContext } from "../core/context.ts";
import { logActionOf } from "../core/operator_log.ts";
import { printable } from "../resp/printable.ts";
import { OK } from "../resp/reply.ts";
import { deadQueueOf, type Policy } from "../store/policy.ts";
import { queueName } from "./shared/arguments.ts";
import { policyReply, readPolicy } from "./shared/policy.ts";
import { requireSamePartition } from "./shared/partition.ts";
import { NO_QUEUE_PERMISSION } from "./shared/permissions.ts";
import { bySubcommand } from "./shared/subcommands.ts";
import { type Command, CommandError } from "./shared/command.ts";

const subcommands: Command[] = [{
  name: "GET",
  arity: [1, 1],
  role: "inspect",
  queues: [2, 2],
  syntax: "queue",
  summary: "Returns the policy of a queue",
  handle(client, argv) {
    const queue = queueName(argv[2]);
    return client.server.store.policy(queue).then((policy) => policyReply(queue, policy));
  },
}, {
  name: "SET",
  arity: [3, 21],
  role: "admin",
  queues: [2, 2],
  syntax: "queue field value [field value ...]",
  summary: "Sets policy fields, such as max-attempts, backoff, max-length, lease, group-limit and rate",
  async handle(client, argv) {
    const queue = queueName(argv[2]).slice();
    const change = readPolicy(argv, 3);
    await checkDeadQueue(client, queue, change);
    const fields = argv.slice(3).map((word) => printable(word)).join(" ");
    return await setPolicy(client, queue, change, fields);
  },
}, {
  name: "RESET",
  arity: [1, 1],
  role: "admin",
  queues: [2, 2],
  syntax: "queue",
  summary: "Resets all policy fields to their defaults",
  handle(client, argv) {
    return setPolicy(client, queueName(argv[2]).slice(), null, "reset");
  },
}];

export const qconfig: Command = {
  name: "QCONFIG",
  arity: [1, Infinity],
  role: "any",
  syntax: "GET queue | SET queue field value [field value ...] | RESET queue",
  summary: "Returns or changes the policy of a queue: attempts, dead letters, length, lease, groups and limits",
  exclusive: true,
  subcommands,
  handle: bySubcommand("QCONFIG", subcommands),
};

async function setPolicy(client: ClientContext, queue: Uint8Array, change: Partial<Policy> | null, fields: string) {
  const set = client.server.store.setPolicy(queue, change).then(() => ({ changed: 1 }));
  await logActionOf(client, "policy", { queue, fields }, set);
  return OK;
}

/** Checks that dead letters can move to the dead queue, if the change names one or limits attempts. */
async function checkDeadQueue(client: ClientContext, queue: Uint8Array, change: Partial<Policy>): Promise<void> {
  const { deadQueue } = change;
  if (deadQueue && !client.user?.mayAccess(deadQueue)) throw new CommandError(NO_QUEUE_PERMISSION);
  // A queue named ':dead', or with a name too long for the suffix, has no valid default.
  const effective = deadQueue ??
    (change.maxAttempts ? (await client.server.store.policy(queue)).deadQueue ?? deadQueueOf(queue) : undefined);
  if (effective) requireSamePartition(queue, queueName(effective), "dead-queue");
}
