/**
 * Starts commands that block, and waits until the server has begun them.
 *
 * @module
 */
import { assert } from "../deps.ts";
import { eventually } from "./eventually.ts";
import { connect, type Shown, type Wire } from "./wire.ts";

/** A command that blocks. */
export interface BlockedCommand {
  reply: Promise<Shown>;
}

/** Sends QNOTIFY. Resolves when the server has begun it. */
export function startWaiting(client: Wire, seconds = "600"): Promise<BlockedCommand> {
  return startCommand(client, "QNOTIFY", seconds);
}

/** Sends a command that blocks. Resolves when the server has begun it. */
export function startCommand(client: Wire, ...command: string[]): Promise<BlockedCommand> {
  return startCommands(client, command);
}

/**
 * Sends a command that blocks, and in the same write others that the server runs after it. Resolves when the server has
 * begun the first one, to the reply to that one.
 */
export async function startCommands(client: Wire, ...commands: string[][]): Promise<BlockedCommand> {
  await client.sendTogether(...commands);
  const reply = client.shown();
  // When the test fails, the connection is closed. The pending reply must not be reported as another failure.
  reply.catch(() => {});
  await using observer = await connect(client.server);
  await eventually(async () => {
    assert.match(await lineOf(observer, client), new RegExp(` cmd=${commands[0][0].toLowerCase()} `));
  });
  return { reply };
}

/** The line of a client in CLIENT LIST, or an empty string. */
export async function lineOf(observer: Wire, client: Wire): Promise<string> {
  const list = `${await observer.command("CLIENT", "LIST")}`;
  return list.split("\n").find((line) => line.includes(` addr=${client.addr} `)) ?? "";
}
