/**
 * The command line client: `deno task cli`.
 *
 * @module
 */
import { ErrorReply } from "../resp/reply.ts";
import { messageOf, write } from "./cli/console.ts";
import { type ConsumeRequest, consumeWith } from "./cli/consume/consume.ts";
import type { PostRequest } from "./cli/consume/post.ts";
import { formatReply } from "./cli/format_reply.ts";
import { moveEvents, type MoveRequest } from "./cli/move.ts";
import { pushLines, type PushRequest } from "./cli/push.ts";
import { RawConnection } from "./cli/raw_connection.ts";
import { runRepl } from "./cli/repl.ts";
import { type Address, DEFAULT_ADDRESS, parseAddress } from "./internal/endpoints.ts";

/** Longest time for a POST request and its response: as long as a consumer renews leases, at most. */
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_TIMEOUT_SECONDS = 600;

/** Commands that are not sent to okq. */
const OWN_COMMANDS = ["push", "consume", "move"];

const USAGE = `Usage: deno task cli [option ...] [command]

Commands:
  COMMAND [argument ...]         Send one command and print its reply
  (none)                         Read commands from standard input, one per line. At a terminal there is a history, the
                                 tabulator completes commands, option words and queues, and help explains commands
  push [--id template] [--delay seconds] [--ttl seconds] [--group key] [--meta text] [--right] queue [-]
                                 Push each line of standard input as an event. In the template of ids {line} is the
                                 line and {number} its number; an id that the queue holds already is passed over. Lines
                                 of one group are delivered in order; meta is kept with each
  consume [--concurrency n] [--lease seconds] [--until-empty] queue [queue ...] -- program [argument ...]
                                 Run a program for each event, with the contents as its standard input and the id in
                                 OKQ_EVENT_ID. Exit code 0 acknowledges the event; otherwise it is redelivered later.
                                 With --until-empty it ends once the queues hold no event, in any state
  consume --post url [--secret-file file] [--timeout seconds] [option ...] queue [queue ...]
                                 Send each event as a POST request instead, signed with the secret in the file. The
                                 status 2xx acknowledges the event, 410 and 422 let it die; otherwise it is redelivered
                                 later, or after the time in Retry-After
  move [--count n] source destination
                                 Move ready events to another queue, oldest first, and show how far it is
  help, --help                   Print this help

Options:
  -h host                        Host name or IP address (default 127.0.0.1)
  -p port                        Port (default 4777)
  --addr host:port               Both in one
  --user name                    User name (default "default")
  --pass password                Password
  --tls                          Connect with TLS
  --cacert file                  Connect with TLS, and trust the certificates in this file (PEM)
`;

export interface CliArguments extends Address {
  /** File of certificates to trust. */
  cacert?: string;
  /** May be empty. */
  command: string[];
}

/** Undefined if not valid. Options end where the command begins. */
export function readArguments(args: string[]): CliArguments | undefined {
  const options: Partial<CliArguments> & Address = parseAddress(DEFAULT_ADDRESS)!;
  let next = 0;
  for (; args[next]?.startsWith("-") && args[next] !== "--help"; next += 2) {
    const value = args[next + 1] ?? "";
    if (args[next] === "-h") options.hostname = value;
    else if (args[next] === "-p") options.port = /^[0-9]{1,5}$/.test(value) ? Number(value) : NaN;
    else if (args[next] === "--user") options.username = value;
    else if (args[next] === "--pass") options.password = value;
    else if (args[next] === "--cacert") options.cacert = value;
    else if (args[next] === "--tls") {
      options.tls = true;
      next--; // it has no value
    } else if (args[next] === "--addr") Object.assign(options, parseAddress(value) ?? { port: NaN });
    else return undefined;
  }
  const isValid = options.hostname !== "" && options.port <= 65535;
  return isValid ? { ...options, command: args.slice(next) } : undefined;
}

/** Undefined if not valid. */
export function readConsume(args: string[]): ConsumeRequest | undefined {
  const options = { concurrency: 1, lease: 30, untilEmpty: false };
  const post: Partial<PostRequest> = {};
  let next = 0;
  for (; args[next]?.startsWith("--") && args[next] !== "--"; next += 2) {
    const value = args[next + 1];
    const number = Number(value || NaN);
    const isValid = number > 0 && number < 1e6;
    if (args[next] === "--until-empty") {
      options.untilEmpty = true;
      next--; // it has no value
    } else if (args[next] === "--concurrency" && isValid && Number.isInteger(number)) options.concurrency = number;
    else if (args[next] === "--lease" && isValid) options.lease = number;
    else if (args[next] === "--timeout" && isValid && number <= MAX_TIMEOUT_SECONDS) post.timeout = number;
    else if (args[next] === "--post" && isHttpUrl(value)) post.url = value;
    else if (args[next] === "--secret-file" && value) post.secretFile = value;
    else return undefined;
  }
  const { url, timeout = DEFAULT_TIMEOUT_SECONDS } = post;
  const rest = args.slice(next);
  if (url !== undefined) {
    const isValid = rest.length > 0 && !rest.includes("--");
    return isValid ? { ...options, queues: rest, post: { ...post, url, timeout } } : undefined;
  }
  const dashes = rest.indexOf("--");
  const [queues, command] = [rest.slice(0, dashes), rest.slice(dashes + 1)];
  if (dashes < 1 || command.length === 0 || Object.keys(post).length > 0) return undefined;
  return { ...options, queues, command };
}

function isHttpUrl(text: string | undefined): boolean {
  return /^https?:$/.test(URL.parse(text ?? "")?.protocol ?? "");
}

/** Undefined if not valid. */
export function readPush(args: string[]): PushRequest | undefined {
  const options: PushRequest["options"] = {};
  let idTemplate: string | undefined;
  let next = 0;
  for (; args[next]?.startsWith("--"); next += 2) {
    const value = args[next + 1];
    const ms = Math.round(Number(value || NaN) * 1000);
    if (args[next] === "--right") {
      options.side = "right";
      next--; // it has no value
    } else if (args[next] === "--id" && /\{(line|number)\}/.test(value)) idTemplate = value; // else all had one id
    else if (args[next] === "--delay" && ms >= 0) options.delayMs = ms;
    else if (args[next] === "--ttl" && ms >= 1) options.ttlMs = ms;
    else if (args[next] === "--group" && value) options.group = value;
    else if (args[next] === "--meta" && value) options.meta = new TextEncoder().encode(value);
    else return undefined;
  }
  const [queue, dash, ...rest] = args.slice(next);
  if (!queue || rest.length > 0 || (dash !== undefined && dash !== "-")) return undefined;
  return { queue, idTemplate, options };
}

/** Undefined if not valid. */
export function readMove(args: string[]): MoveRequest | undefined {
  const [option, value] = args;
  const count = option === "--count" ? Number(value || NaN) : undefined;
  const [source, destination, ...rest] = args.slice(count === undefined ? 0 : 2);
  const isValid = count === undefined || (Number.isSafeInteger(count) && count >= 0);
  if (!isValid || !source || source.startsWith("--") || !destination || rest.length > 0) return undefined;
  return { source, destination, count };
}

async function main(args: string[]): Promise<number> {
  const given = readArguments(args);
  if (!given) return await printUsage();
  const [command, ...rest] = given.command;
  if (["help", "--help"].includes(command) || (OWN_COMMANDS.includes(command) && rest[0] === "--help")) {
    await write(Deno.stdout, USAGE);
    return 0;
  }
  if (given.cacert !== undefined) given.tls = { caCerts: [await readCertificates(given.cacert)] };
  if (command === undefined) return await runRepl(given);
  if (command === "push") {
    const request = readPush(rest);
    return request ? await pushLines(given, request) : await printUsage();
  }
  if (command === "consume") {
    const request = readConsume(rest);
    if (!request) return await printUsage();
    await consumeWith(given, request);
    return 0;
  }
  if (command === "move") {
    const request = readMove(rest);
    if (!request) return await printUsage();
    await moveEvents(given, request);
    return 0;
  }
  using connection = new RawConnection(given);
  const reply = await connection.send(given.command);
  await write(Deno.stdout, formatReply(command, reply, Deno.stdout.isTerminal()));
  return reply instanceof ErrorReply ? 1 : 0;
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new Error(`Cannot read the certificates of --cacert: ${messageOf(error)}`, { cause: error });
  }
}

async function printUsage(): Promise<number> {
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
