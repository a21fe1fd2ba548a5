/**
 * What the tabulator offers at the prompt: commands, the words that belong to one, and names of queues.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import { type CommandDoc, readDocs } from "./command_docs.ts";
import { escapeBytes } from "./console.ts";

/** Words, which may be quoted and then contain white space, and the white space between them. */
const PARTS = /(?:"(?:[^"\\]|\\.)*(?:"|$)|[^\s"])+|\s+/g;

/** Names that need no quotes at the prompt. */
const PLAIN_NAME = /^[^\p{C}\p{Z}"'\\]+$/u;

const decoder = new TextDecoder("utf-8", { fatal: true });

export class Completion {
  readonly #send: (command: string[]) => Promise<Reply>;
  #docs: CommandDoc[] | undefined;

  constructor(send: (command: string[]) => Promise<Reply>) {
    this.#send = send;
  }

  /**
   * @param line the line up to the cursor
   * @returns what the last word may become, and this word
   * @throws {Error} if the server cannot be asked
   */
  async complete(line: string): Promise<[candidates: string[], word: string]> {
    const parts = line.trimStart().match(PARTS) ?? [""];
    const word = parts.at(-1)!.trimStart();
    this.#docs ??= readDocs(await this.#send(["COMMAND", "DOCS"]));
    const isFirst = parts.length === 1;
    const words = isFirst
      ? this.#docs.map(({ name }) => name)
      : this.#docs.find(({ name }) => name === parts[0].toUpperCase())?.words ?? [];
    const names = isFirst ? [] : queueNames(await this.#send(["QSTATS"]));
    const candidates = [
      ...words.filter((candidate) => candidate.startsWith(word.toUpperCase())),
      ...names.filter((name) => name.startsWith(word)),
    ];
    return [candidates.toSorted().map((candidate) => `${candidate} `), word];
  }
}

function queueNames(reply: Reply): string[] {
  const rows = Array.isArray(reply) ? reply : [];
  return rows.map((row) => quoted((row instanceof Map ? row.get("queue") : (row as Reply[])[0]) as Uint8Array));
}

/** As it must be typed at the prompt. */
function quoted(name: Uint8Array): string {
  try {
    const text = decoder.decode(name);
    if (PLAIN_NAME.test(text)) return text;
  } catch {
    // not UTF-8
  }
  return `"${escapeBytes(name, '"\\')}"`;
}
