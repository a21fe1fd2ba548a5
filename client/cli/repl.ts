/**
 * Interactive mode: reads a command from each line, like redis-cli.
 *
 * @module
 */
import { splitInline } from "../../resp/inline.ts";
import { ErrorReply } from "../../resp/reply.ts";
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { lines, messageOf, write } from "./console.ts";
import { formatReply } from "./format_reply.ts";
import { RawConnection } from "./raw_connection.ts";

const EXIT_COMMANDS = ["QUIT", "EXIT"];
const decoder = new TextDecoder();

/** Runs commands until the end of standard input. Returns the exit code: 1 if any failed. */
export async function runRepl(address: Address): Promise<number> {
  using connection = new RawConnection(address);
  const isTerminal = Deno.stdout.isTerminal();
  const prompt = isTerminal && Deno.stdin.isTerminal() ? `${formatAddress(address)}> ` : "";
  let code = 0;
  await write(Deno.stdout, prompt);
  for await (const line of lines()) {
    try {
      const args = splitInline(line);
      const command = args.length > 0 ? decoder.decode(args[0]) : "";
      if (EXIT_COMMANDS.includes(command.toUpperCase())) return code;
      if (command !== "") {
        const reply = await connection.send(args);
        if (reply instanceof ErrorReply) code = 1;
        await write(Deno.stdout, formatReply(command, reply, isTerminal));
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
