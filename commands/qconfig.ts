import type { ClientContext } from "../core/context.ts";
import { logActionOf } from "../core/operator_log.ts";
import { checkDeadQueue } from "../core/policy_fields.ts";
import { printable } from "../resp/printable.ts";
import { OK } from "../resp/reply.ts";
import type { Policy } from "../store/policy.ts";
import { queueName } from "./shared/arguments.ts";
import { policyReply, readPolicy } from "./shared/policy.ts";
import { bySubcommand } from "./shared/subcommands.ts";
import type { Command } from "./shared/command.ts";

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
    await checkDeadQueue(client.server.store, client.user, queue, change);
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
