import { arrayRows, mapRows, statusRows } from "./status_rows.ts";
import type { Command } from "./types.ts";

/** Shows the figures of queues to programs. */
export const qstats: Command = {
  name: "QSTATS",
  arity: [0, Infinity],
  role: "inspect",
  queues: [1, -1],
  large: true,
  syntax: "[queue ...]",
  summary: "Shows what queues hold and who consumes them, for programs",
  async handle(client, argv) {
    const rows = await statusRows(client, argv);
    return client.protocol === 3 ? mapRows(rows) : arrayRows(rows);
  },
};
