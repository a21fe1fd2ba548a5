/**
 * Helpers for tests of groups and limits over a socket.
 *
 * @module
 */
import { fields } from "./fields.ts";
import type { Shown, Wire } from "./wire.ts";

/** Pushes events of a group. */
export async function pushGroup(
  client: Wire,
  queue: string,
  group: string,
  ids: string[],
  ...options: string[]
): Promise<void> {
  for (const id of ids) {
    const reply = await client.command("QLPUSH", queue, id, `contents ${id}`, "GROUP", group, ...options);
    if (reply !== "+OK") throw new Error(`QLPUSH of ${id} was answered ${reply}`);
  }
}

/** Claims up to `count` events. Returns their ids, none for nil. */
export async function claimIds(client: Wire, queue: string, count = 1, ...options: string[]): Promise<string[]> {
  return idsOf(await client.command("QCLAIM", "COUNT", `${count}`, ...options, "QUEUES", queue));
}

/** The ids in a reply of QCLAIM. */
export function idsOf(claimed: Shown): string[] {
  return ((claimed ?? []) as Shown[][]).map(([, id]) => `${id}`);
}

/** The ids of the events in a state, in their order. */
export async function listIds(client: Wire, queue: string, state: string): Promise<string[]> {
  const [, events] = await client.command("QLIST", queue, "STATE", state, "COUNT", "250") as [string, Shown[][]];
  return events.map(([id]) => `${id}`);
}

/** A row of QSTATS by its columns. */
export async function statsOf(client: Wire, queue: string): Promise<Record<string, Shown>> {
  const [row] = await client.command("QSTATS", queue) as Shown[][];
  const columns = [
    ...["queue", "total", "processing", "consumers", "ready", "delayed", "oldest", "paused"],
    ...["pushed", "acked", "redelivered", "dead", "expired", "blocked", "limited"],
  ];
  return Object.fromEntries(columns.map((column, i) => [column, row[i]]));
}

/** A field of QGET, or undefined if the queue does not hold the event. */
export async function fieldOf(client: Wire, queue: string, id: string, field: string): Promise<Shown | undefined> {
  const reply = await client.command("QGET", queue, id);
  return reply === null ? undefined : fields(reply)[field];
}
