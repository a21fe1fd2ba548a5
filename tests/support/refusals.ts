/**
 * What every command refuses, and how.
 *
 * @module
 */
import { assert } from "../deps.ts";
import type { StoreUnderTest } from "./stores.ts";
import type { Shown, Wire } from "./wire.ts";

/** Arguments, and the error that they get. */
export type Refusal = [args: string[], error: string | RegExp];

/** The error for an option that the command does not have. */
export const SYNTAX_ERROR = "-ERR syntax error";

/** What is not a time: not a number, below zero, infinite, or a number that only some languages take for one. */
export const NO_TIMES: readonly string[] = [
  ...["", " ", "x", "5s", "1,5", "1.2.3", ".", "--1", "0x10", " 1", "1 ", "1\0", "\xff"],
  ...["-1", "-0.001", "NaN", "nan", "inf", "-inf", "Infinity", "1e999", "9".repeat(400)],
];

/** The error for too few or too many arguments. */
export function wrongArity(command: string): string {
  return `-ERR wrong number of arguments for '${command.toLowerCase()}' command`;
}

/** The error for a time that is none, given as this option or argument. */
export function outOfRange(name: string): RegExp {
  return new RegExp(`^-ERR value is not an integer or out of range.*'${name}'`, "i");
}

/** Fails unless a reply is the error, given in full or as a pattern. */
export function assertError(reply: Shown, error: string | RegExp, what?: string): void {
  if (typeof error === "string") return assert.equal(reply, error, what);
  assert.ok(typeof reply === "string" && error.test(reply), `${what ?? "reply"}: ${JSON.stringify(reply)}`);
}

/** Queue names out of bounds, with the error they get; `args` makes the arguments around the name. */
export function badQueues(args: (queue: string) => string[]): Refusal[] {
  return ["", "q".repeat(513)].map((queue) => [args(queue), /^-ERR .*queue/i]);
}

/** Event ids out of bounds, with the error they get; `args` makes the arguments around the id. */
export function badIds(args: (id: string) => string[]): Refusal[] {
  return ["", "i".repeat(1025)].map((id) => [args(id), /^-ERR .*id/i]);
}

/** Declares one test: each of the lines gets its error, and the connection goes on working. */
export function refuses(store: StoreUnderTest, command: string, refusals: (queue: string) => Refusal[]): void {
  store.test(`${command} refuses bad arguments, does nothing, and keeps the connection`, async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    for (const [args, error] of refusals(queue)) {
      await assertRefused(client, [command, ...args], error);
    }
    assert.deepEqual(await client.command("QSTATUS", queue), [`${queue} total: 0 processing: 0 consumers: 0`]);
  });
}

/** Sends a command that must get the error, with a PING behind it that must get its answer all the same. */
export async function assertRefused(client: Wire, args: string[], error: string | RegExp): Promise<void> {
  await client.send(...args.map((arg) => Uint8Array.from(arg, (character) => character.charCodeAt(0))));
  await client.send("PING");
  assertError(await client.shown(), error, JSON.stringify(args).slice(0, 200));
  assert.equal(await client.shown(), "+PONG");
}
