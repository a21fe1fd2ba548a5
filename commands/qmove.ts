import { moveEvents, requireSamePartition } from "../core/delivery/move.ts";
import { logActionOf } from "../core/operator_log.ts";
import { countUpTo, queueName, readOptions } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

const OPTIONS = { COUNT: countUpTo(Number.MAX_SAFE_INTEGER) };

export const qmove: Command = {
  name: "QMOVE",
  arity: [2, 4],
  role: "admin",
  queues: [1, 2],
  syntax: "source destination [COUNT n]",
  summary: "Moves ready events to another queue, oldest first, for example to replay dead letters",
  exclusive: true, // may make many store calls
  handle(client, argv) {
    const source = queueName(argv[1]).slice();
    const destination = queueName(argv[2]).slice();
    const { COUNT = Infinity } = readOptions(argv, 3, OPTIONS);
    requireSamePartition(source, destination, "destination");
    const moving = moveEvents(client.server, source, destination, COUNT);
    const done = moving.then(({ moved, skipped }) => ({ changed: moved, skipped }));
    return logActionOf(client, "move", { queue: source, destination }, done).then(({ changed }) => changed);
  },
};
