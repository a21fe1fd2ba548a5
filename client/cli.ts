/**
 * A command line client, for those who have no redis-cli: sends one command and shows its reply, reads commands line by
 * line, or moves events between queues and other programs.
 *
 *     deno task cli QLPUSH jobs 1 hello
 *     deno task cli
 *     deno task cli push jobs < lines
 *     deno task cli consume jobs -- command argument
 *
 * @module
 */
import { ErrorReply } from "../resp/reply.ts";
import { messageOf, write } from "./cli/console.ts";
import { consumeWith } from "./cli/consume_with.ts";
import { converse, shownReply } from "./cli/converse.ts";
import { Link } from "./cli/link.ts";
import { pushLines } from "./cli/push_lines.ts";
import type { Address } from "./internal/connection.ts";

const USAGE = `Usage: deno task cli [-h host] [-p port] [--addr host:port] [--user name] [--pass password]
                     [--tls] [--cacert file] ...
  COMMAND [argument ...]            sends one command and shows its reply
                                    without one: reads commands, one on each line
  push queue < lines                pushes each line of standard input
  consume [--concurrency n] [--lease seconds] queue -- command [argument ...]
                                    runs a command with each event as its standard input, and the event's id in
                                    OKQ_EVENT_ID; exit code 0 acknowledges it, any other gives it back
`;

/** What the command line says. */
export interface CliArguments extends Address {
  /** The file of the certificates that are trusted. */
  cacert?: string;
  /** The command and its arguments, if there is one. */
  command: string[];
}

/** Reads the command line; undefined if it makes no sense. Options end where the command starts. */
export function readArguments(args: string[]): CliArguments | undefined {
  let hostname = "127.0.0.1";
  let port = "4777";
  const given: Partial<CliArguments> = {};
  let next = 0;
  for (; args[next]?.startsWith("-"); next += 2) {
    const value = args[next + 1] ?? "";
    if (args[next] === "-h") hostname = value;
    else if (args[next] === "-p") port = value;
    else if (args[next] === "--user") given.username = value;
    else if (args[next] === "--pass") given.password = value;
    else if (args[next] === "--cacert") given.cacert = value;
    else if (args[next] === "--tls") {
      given.tls = true;
      next--; // it has no value
    } else if (args[next] === "--addr") [, hostname = "", port = ""] = /^\[?(.+?)\]?:([^:]*)$/.exec(value) ?? [];
    else return undefined;
  }
  const isPort = /^[0-9]{1,5}$/.test(port) && Number(port) <= 65535;
  return hostname !== "" && isPort ? { ...given, hostname, port: Number(port), command: args.slice(next) } : undefined;
}

/** Reads what comes after `consume`; undefined if it makes no sense. */
export function readConsume(args: string[]): Parameters<typeof consumeWith>[1] | undefined {
  const request = { concurrency: 1, lease: 30 };
  let next = 0;
  for (; args[next]?.startsWith("--") && args[next] !== "--"; next += 2) {
    const option = args[next].slice(2);
    const value = Number(args[next + 1] || NaN);
    if ((option !== "concurrency" && option !== "lease") || !(value > 0 && value < 1e6)) return undefined;
    request[option] = value;
  }
  const [queue, dashes, ...command] = args.slice(next);
  if (dashes !== "--" || command.length === 0 || !Number.isInteger(request.concurrency)) return undefined;
  return { ...request, queue, command };
}

async function main(args: string[]): Promise<number> {
  const given = readArguments(args);
  if (!given) return await misused();
  if (given.cacert !== undefined) given.tls = { caCerts: [await Deno.readTextFile(given.cacert)] };
  const [verb, ...rest] = given.command;
  if (verb === undefined) return await converse(given);
  if (verb === "push") return rest.length === 1 ? await pushLines(given, rest[0]) : await misused();
  if (verb === "consume") {
    const request = readConsume(rest);
    return request ? await consumeWith(given, request) : await misused();
  }
  using link = new Link(given);
  const reply = await link.ask(given.command);
  await write(Deno.stdout, shownReply(verb, reply, Deno.stdout.isTerminal()));
  return reply instanceof ErrorReply ? 1 : 0;
}

async function misused(): Promise<number> {
  await write(Deno.stderr, USAGE);
  return 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    await write(Deno.stderr, `${messageOf(error)}\n`);
    Deno.exit(1);
  }
}
