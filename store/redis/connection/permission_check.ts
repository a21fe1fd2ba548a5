/**
 * Checks when okq connects that it may run every command it needs, on its keys and channels. Otherwise a script could
 * be refused after its first write. The commands are run: ACL DRYRUN is not in Redis 6.2, and may be forbidden.
 *
 * @module
 */
import { ErrorReply } from "../deps.ts";
import { ALL_KEYS, type Key, probeKey } from "../keys.ts";
import type { Client } from "./client.ts";
import { FORBIDDEN, type LibrarySource, type ServerUse, TRANSIENT } from "./link.ts";
import source from "./permission_check.lua" with { type: "text" };

interface Refusal {
  command: string;
  message: string;
}

/**
 * Resolves to what is missing and how to allow it, as part of a sentence.
 * @throws {ErrorReply} if Redis refuses commands for another reason
 */
export async function missingPermissions(
  send: (...args: Key[]) => Promise<unknown>,
  subscriber: Client,
  use: ServerUse,
): Promise<string | undefined> {
  const refusals: Refusal[] = [];
  const attempt = async (command: string, run: () => Promise<unknown>) => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ErrorReply && isRefusal(error.message))) throw error;
      refusals.push({ command, message: error.message });
    }
  };
  const { publish, partition, needs } = use;
  const key = probeKey(partition);
  const channel = use.channelPrefix + key;
  const commands: Key[][] = [["INFO", "server"], ...needs?.waits ? [["WAIT", "0", "1"]] : []];
  for (const args of commands) await attempt(String(args[0]), () => send(...args));
  await attempt("EVALSHA", () => send("EVALSHA", "0".repeat(40), "1", key).catch(unlessUnknownScript));
  const failed = await attempt("EVAL", () => send("EVAL", source, "1", key, publish, channel)) as unknown[] ?? [];
  for (let i = 0; i < failed.length; i += 2) {
    const [command, message] = [String(failed[i]), String(failed[i + 1])];
    if (isRefusal(message)) refusals.push({ command, message });
  }
  if (publish === "PUBLISH") {
    await attempt("SUBSCRIBE", () => subscriber.subscribe(channel, () => {}));
    await attempt("UNSUBSCRIBE", () => subscriber.unsubscribe(channel));
  } else {
    await attempt("SSUBSCRIBE", () => subscriber.sSubscribe(channel, () => {}));
    await attempt("SUNSUBSCRIBE", () => subscriber.sUnsubscribe(channel));
  }
  return refusals.length > 0 ? describe(refusals, use) : undefined;
}

/**
 * Loads the library of functions if it is missing. Returns whether okq may call it: Redis before 7.0 has no functions,
 * and they need permissions that okq can do without.
 */
export async function loadLibrary(
  send: (...args: Key[]) => Promise<unknown>,
  { name, source }: LibrarySource,
): Promise<boolean> {
  const refusal = async (...args: Key[]): Promise<string | undefined> => {
    try {
      await send(...args);
    } catch (error) {
      if (!(error instanceof ErrorReply)) throw error;
      return error.message;
    }
  };
  const call: Key[] = ["FCALL", name, "0"];
  const refused = await refusal(...call);
  if (refused === undefined || FORBIDDEN.test(refused)) return refused === undefined;
  const loading = await refusal("FUNCTION", "LOAD", source);
  // What Redis refuses for now is loaded by the first call that finds it missing.
  if (loading !== undefined && TRANSIENT.test(loading)) return true;
  return await refusal(...call) === undefined;
}

/** From Redis 7.2 on the name of the user comes first. */
const OF_COMMAND = /can't run this command|has no permissions to run the /;

const UNKNOWN = /unknown (Redis )?command/i;

function isRefusal(message: string): boolean {
  return FORBIDDEN.test(message) || UNKNOWN.test(message);
}

function unlessUnknownScript(error: unknown): void {
  if (!(error instanceof ErrorReply && error.message.startsWith("NOSCRIPT"))) throw error;
}

function describe(refusals: Refusal[], { username = "default", channelPrefix }: ServerUse): string {
  const unknown = new Set<string>();
  const commands = new Set<string>();
  const others = new Map<string, string>(); // what is missing → the rule that allows it
  for (const { command, message } of refusals) {
    if (UNKNOWN.test(message)) unknown.add(command);
    else if (OF_COMMAND.test(message)) commands.add(command);
    else if (/\bchannels?\b/.test(message)) {
      others.set(`the channels ${channelPrefix}${ALL_KEYS}`, `&${channelPrefix}${ALL_KEYS}`);
    } else others.set(`the keys ${ALL_KEYS}`, `~${ALL_KEYS}`);
  }
  const missing = [...commands.size > 0 ? [`the commands ${[...commands].join(", ")}`] : [], ...others.keys()];
  const rules = [...[...commands].map((command) => `+${command.toLowerCase()}`), ...others.values()];
  const problems = [];
  if (unknown.size > 0) problems.push(`it does not know ${[...unknown].join(", ")}: remove their rename-command`);
  if (missing.length > 0) {
    const allow = `ACL SETUSER ${username} ${rules.join(" ")}`;
    problems.push(`its user ${username} has no permission for ${missing.join(", ")}: run ${allow}`);
  }
  return problems.join("; ");
}
