/**
 * Interactive mode: reads a command from each line, like redis-cli.
 *
 * @module
 */
import { splitInline } from "../../resp/inline.ts";
import { ErrorReply } from "../../resp/reply.ts";
import { type Address, formatAddress } from "../internal/endpoints.ts";
import { helpOf, readDocs } from "./command_docs.ts";
import { Completion } from "./completion.ts";
import { lines, messageOf, write } from "./console.ts";
import { createInterface, stdin, stdout } from "./deps.ts";
import { formatReply } from "./format_reply.ts";
import { RawConnection } from "./raw_connection.ts";

const EXIT_COMMANDS = ["QUIT", "EXIT"];
const HISTORY_LINES = 1000;
/** As a shell shows a program that SIGINT ended. */
const INTERRUPTED = 130;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Runs commands until the end of standard input. Returns the exit code: 1 if any failed. */
export async function runRepl(address: Address): Promise<number> {
  using connection = new RawConnection(address);
  const isTerminal = Deno.stdout.isTerminal();
  let isWaiting = false; // for a reply
  let code = 0;
  const completion = new Completion((command) => connection.send(command));
  const complete = async (text: string): Promise<[string[], string]> => {
    if (isWaiting) return [[], text];
    return await completion.complete(text).catch(() => [[], text]); // not connected, or not permitted
  };
  const prompt = `${formatAddress(address)}> `;
  for await (const line of isTerminal && Deno.stdin.isTerminal() ? promptedLines(prompt, complete) : lines()) {
    isWaiting = true;
    try {
      const args = splitInline(line);
      const command = args.length > 0 ? decoder.decode(args[0]) : "";
      if (EXIT_COMMANDS.includes(command.toUpperCase())) return code;
      if (command.toUpperCase() === "HELP") {
        await write(Deno.stdout, helpOf(readDocs(await connection.send(["COMMAND", "DOCS", ...args.slice(1)]))));
      } else if (command !== "") {
        const reply = await connection.send(args);
        if (reply instanceof ErrorReply) code = 1;
        await write(Deno.stdout, formatReply(command, reply, isTerminal));
      }
    } catch (error) {
      code = 1;
      await write(Deno.stderr, `${messageOf(error)}\n`);
    }
    isWaiting = false;
  }
  return code;
}

/**
 * Lines typed at a prompt, until Ctrl-D. Ctrl-C clears the line; if it is empty, or while a reply is awaited, it ends the
 * program.
 *
 * @param complete returns what the last word of a text may become, and this word
 */
async function* promptedLines(
  prompt: string,
  complete: (text: string) => Promise<[string[], string]>,
): AsyncGenerator<Uint8Array> {
  const terminal = createInterface({
    input: stdin,
    output: stdout,
    prompt,
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: (text: string, done: (error: null, result: [string[], string]) => void) =>
      void complete(text).then((result) => done(null, result)),
  });
  terminal.on("SIGINT", () => {
    stdout.write("^C\n");
    if (terminal.line === "") {
      terminal.close();
      Deno.exit(INTERRUPTED);
    }
    terminal.write(null, { ctrl: true, name: "e" }); // to the end of the line
    terminal.write(null, { ctrl: true, name: "u" }); // which this deletes
  });
  terminal.on("SIGTSTP", () => {}); // Ctrl-Z would stop this process but not `deno task`, which waits for it
  try {
    terminal.prompt();
    for await (const line of terminal) {
      yield encoder.encode(line);
      terminal.prompt(true); // and what was typed meanwhile, with the cursor where it is
    }
    stdout.write("\n");
  } finally {
    terminal.close();
  }
}
