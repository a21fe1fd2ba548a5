/**
 * Waiting in QNOTIFY, so that a test knows who waits and since when.
 *
 * @module
 */
import { assert } from "../deps.ts";
import { eventually } from "./eventually.ts";
import { connect, type Shown, type Wire } from "./wire.ts";

/** A connection that waits. */
export interface Waiting {
  /** What it is told in the end. */
  reply: Promise<Shown>;
}

/** Sends QNOTIFY, and resolves once the server has begun to work on it. */
export function startWaiting(client: Wire, seconds = "30"): Promise<Waiting> {
  return startCommand(client, "QNOTIFY", seconds);
}

/** Sends a command that blocks, and resolves once the server has begun to work on it. */
export async function startCommand(client: Wire, ...command: string[]): Promise<Waiting> {
  await client.send(...command);
  const reply = client.shown();
  // A test that fails elsewhere hangs up on those that wait; that is not another failure.
  reply.catch(() => {});
  await using observer = await connect(client.server);
  await eventually(async () => {
    assert.match(await lineOf(observer, client), new RegExp(` cmd=${command[0].toLowerCase()} `));
  });
  return { reply };
}

/** What CLIENT LIST says of a client. */
export async function lineOf(observer: Wire, client: Wire): Promise<string> {
  const list = `${await observer.command("CLIENT", "LIST")}`;
  return list.split("\n").find((line) => line.includes(` addr=${client.addr} `)) ?? "";
}
