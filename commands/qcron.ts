import { logActionOf } from "../core/operator_log.ts";
import { setTimetable } from "../core/timetables/timetables.ts";
import { OK } from "../resp/reply.ts";
import { keyOf } from "../store/bytes.ts";
import { groupKey, metaText, queueName, readOptions, timetableName } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";
import { contentsUpTo } from "./shared/push.ts";
import { bySubcommand } from "./shared/subcommands.ts";

const OPTIONS = { TZ: keyOf, GROUP: groupKey, META: metaText };

const subcommands: Command[] = [{
  name: "SET",
  arity: [4, 10],
  role: "admin",
  queues: [2, 2],
  syntax: "queue name expression contents [TZ zone] [GROUP key] [META text]",
  summary: "Adds a timetable, or replaces the one of that name",
  async handle(client, argv) {
    const [queue, name] = [queueName(argv[2]).slice(), timetableName(argv[3]).slice()];
    const contents = contentsUpTo(client.server.maxEventBytes, argv[5]).slice();
    const { TZ: zone = "UTC", GROUP, META } = readOptions(argv, 6, OPTIONS);
    const [group, meta] = [GROUP?.slice() ?? null, META?.slice() ?? null];
    const expression = keyOf(argv[4]);
    const timetable = { queue, name, expression, zone, group, meta, contents };
    const set = setTimetable(client.server.store, timetable).then(() => ({ changed: 1 }));
    await logActionOf(client, "set-timetable", { queue, name, expression, zone }, set);
    return OK;
  },
}, {
  name: "DEL",
  arity: [2, 2],
  role: "admin",
  queues: [2, 2],
  syntax: "queue name",
  summary: "Deletes a timetable, and returns 1, or 0 if there is none of that name",
  async handle(client, argv) {
    const [queue, name] = [queueName(argv[2]).slice(), timetableName(argv[3]).slice()];
    const deleted = client.server.store.deleteTimetable(queue, name).then((isDeleted) => ({
      changed: isDeleted ? 1 : 0,
    }));
    return (await logActionOf(client, "delete-timetable", { queue, name }, deleted)).changed;
  },
}, {
  name: "LIST",
  arity: [0, 1],
  role: "inspect",
  queues: [2, 2],
  syntax: "[queue]",
  summary: "Lists the timetables of a queue, or of all queues that the user may access, with their times",
  async handle(client, argv) {
    const { store } = client.server;
    const found = await store.timetables(argv.length > 2 ? queueName(argv[2]).slice() : undefined);
    const now = await store.time();
    return found.filter(({ queue }) => client.user?.mayAccess(queue))
      .map(({ queue, name, expression, zone, nextAt, lastAt }) => {
        return [queue, name, expression, zone, Math.max(nextAt - now, 0), lastAt && Math.max(now - lastAt, 0)];
      });
  },
}];

export const qcron: Command = {
  name: "QCRON",
  arity: [1, Infinity],
  role: "any",
  syntax: "SET queue name expression contents [TZ zone] [GROUP key] [META text] | DEL queue name | LIST [queue]",
  summary: "Sets, deletes and lists timetables, which push an event at each time of a cron expression",
  exclusive: true,
  largeReply: true,
  subcommands,
  handle: bySubcommand("QCRON", subcommands),
};
