/**
 * The interactive client: a command on each line, as in redis-cli.
 *
 * @module
 */
import { splitInline } from "../../resp/inline.ts";
import { ErrorReply, type Reply } from "../../resp/reply.ts";
import { type Address, formatAddress } from "../internal/connection.ts";
import { forPeople, forPrograms } from "./format_reply.ts";
import { lines, messageOf, write } from "./console.ts";
import { Link } from "./link.ts";
import { tableOf } from "./table.ts";

const GOODBYE = ["QUIT", "EXIT"];
const decoder = new TextDecoder();

/** A reply as it is shown: for people on a terminal, for programs in a pipe. */
export function shownReply(command: string, reply: Reply, toPeople: boolean): Uint8Array | string {
  return toPeople ? tableOf(command, reply) ?? forPeople(reply) : forPrograms(reply);
}

/** Reads commands from standard input until it ends. Returns the exit code: 1 if any of them failed. */
export async function converse(address: Address): Promise<number> {
  using link = new Link(address);
  const toPeople = Deno.stdout.isTerminal();
  const prompt = toPeople && Deno.stdin.isTerminal() ? `${formatAddress(address)}> ` : "";
  let code = 0;
  await write(Deno.stdout, prompt);
  for await (const line of lines()) {
    try {
      const words = splitInline(line);
      const command = words.length > 0 ? decoder.decode(words[0]) : "";
      if (GOODBYE.includes(command.toUpperCase())) return code;
      if (command !== "") {
        const reply = await link.ask(words);
        if (reply instanceof ErrorReply) code = 1;
        await write(Deno.stdout, shownReply(command, reply, toPeople));
      }
    } catch (error) {
      code = 1;
      await write(Deno.stderr, `${messageOf(error)}\n`);
    }
    await write(Deno.stdout, prompt);
  }
  await write(Deno.stdout, prompt && "\n");
  return code;
}
