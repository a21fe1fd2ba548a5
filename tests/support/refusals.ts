/**
 * Checks of the errors for invalid arguments, for all commands.
 *
 * @module
 */
import { partitionOf } from "../../store/partition.ts";
import { assert } from "../deps.ts";
import type { StoreUnderTest } from "./stores.ts";
import { bytes, type Shown, type Wire } from "./wire.ts";

/** Arguments and the error reply to them. */
export type Refusal = [args: string[], error: string | RegExp];

/** The error for an option that is unknown, repeated or without its value, whatever it is. */
export const SYNTAX_ERROR = /^-ERR syntax error near '[^\r\n]*': ./;

/** The error for an option that is unknown, repeated or without a value. @param near the argument that is shown */
export function syntaxError(near: string): RegExp {
  return new RegExp(`^-ERR syntax error near '${RegExp.escape(near)}': .`);
}

/** Texts that are not times: no numbers, negative, infinite, or numbers that only some languages accept. */
export const NO_TIMES: readonly string[] = [
  ...["", " ", "x", "5s", "1,5", "1.2.3", ".", "--1", "0x10", " 1", "1 ", "1\0", "\xff"],
  ...["-1", "-0.001", "NaN", "nan", "inf", "-inf", "Infinity", "1e999", "9".repeat(400)],
];

/** The error for too few or too many arguments. */
export function wrongArity(command: string): string {
  return `-ERR wrong number of arguments for '${command.toLowerCase()}' command`;
}

/** The error for an invalid number. @param name the option or argument */
export function outOfRange(name: string): RegExp {
  return new RegExp(`^-ERR value is not an integer or out of range.*'${name}'`, "i");
}

/** Asserts that a reply is an error, given in full or as a pattern. */
export function assertError(reply: Shown, error: string | RegExp, what?: string): void {
  if (typeof error === "string") return assert.equal(reply, error, what);
  assert.ok(typeof reply === "string" && error.test(reply), `${what ?? "reply"}: ${JSON.stringify(reply)}`);
}

/** Queue names out of bounds. @param args the arguments around a name */
export function badQueues(args: (queue: string) => string[]): Refusal[] {
  return ["", "q".repeat(513)].map((queue) => [args(queue), /^-ERR .*queue/i]);
}

/** The name of a queue in another partition. */
export function elsewhere(queue: string): string {
  return ["{a}", "{b}"].find((other) => partitionOf(bytes(other)) !== partitionOf(bytes(queue)))!;
}

/** Event ids out of bounds. @param args the arguments around an id */
export function badIds(args: (id: string) => string[]): Refusal[] {
  return ["", "i".repeat(1025)].map((id) => [args(id), /^-ERR .*id/i]);
}

/** Declares a test: each refusal gets its error, and the connection stays usable. */
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

/** Asserts that a command gets an error, and that a PING pipelined after it is answered. */
export async function assertRefused(client: Wire, args: string[], error: string | RegExp): Promise<void> {
  await client.send(...args.map((arg) => Uint8Array.from(arg, (character) => character.charCodeAt(0))));
  await client.send("PING");
  assertError(await client.shown(), error, JSON.stringify(args).slice(0, 200));
  assert.equal(await client.shown(), "+PONG");
}
