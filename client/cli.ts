/**
 * Sends one command to an okq server and shows the reply, for those who have no redis-cli:
 *
 *     deno task cli QLPUSH jobs 1 hello
 *
 * @module
 */
import { ReplyReader } from "../resp/decode_reply.ts";
import { encodeCommand } from "../resp/encode_command.ts";
import { ErrorReply, type Reply } from "../resp/reply.ts";
import { forPeople, forPrograms } from "./format_reply.ts";

const USAGE = "Usage: deno task cli [-h host] [-p port] [--addr host:port] COMMAND [argument ...]";

/** What the command line says. */
export interface CliArguments {
  /** Where the server is. */
  hostname: string;
  /** Its port. */
  port: number;
  /** The command and its arguments. */
  command: string[];
}

/** Reads the command line; undefined if it makes no sense. Options end where the command starts. */
export function readArguments(args: string[]): CliArguments | undefined {
  let hostname = "127.0.0.1";
  let port = "4777";
  let next = 0;
  for (; args[next]?.startsWith("-"); next += 2) {
    const value = args[next + 1] ?? "";
    if (args[next] === "-h") hostname = value;
    else if (args[next] === "-p") port = value;
    else if (args[next] === "--addr") [, hostname = "", port = ""] = /^\[?(.+?)\]?:([^:]*)$/.exec(value) ?? [];
    else return undefined;
  }
  const command = args.slice(next);
  const isPort = /^[0-9]{1,5}$/.test(port) && Number(port) <= 65535;
  return hostname !== "" && isPort && command.length > 0 ? { hostname, port: Number(port), command } : undefined;
}

/** Sends a command and waits for its reply. @throws {Error} if the server cannot be reached or hangs up */
export async function ask({ hostname, port, command }: CliArguments): Promise<Reply> {
  using connection = await Deno.connect({ hostname, port });
  await writeAll(connection, encodeCommand(command));
  const reader = new ReplyReader();
  const block = new Uint8Array(65_536);
  for (;;) {
    const length = await connection.read(block);
    if (length === null) throw new Error("The server closed the connection without a reply");
    reader.feed(block.slice(0, length));
    const reply = reader.next();
    if (reply !== undefined) return reply;
  }
}

async function writeAll(to: { write(bytes: Uint8Array): Promise<number> }, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
}

async function main(args: string[]): Promise<number> {
  const encoder = new TextEncoder();
  const given = readArguments(args);
  if (given === undefined) {
    await writeAll(Deno.stderr, encoder.encode(`${USAGE}\n`));
    return 1;
  }
  try {
    const reply = await ask(given);
    await writeAll(Deno.stdout, Deno.stdout.isTerminal() ? encoder.encode(forPeople(reply)) : forPrograms(reply));
    return reply instanceof ErrorReply ? 1 : 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = `Cannot ask okq at ${given.hostname}:${given.port}: ${reason}\n`;
    await writeAll(Deno.stderr, encoder.encode(line));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
