/**
 * What the server says about its commands: the reply to COMMAND DOCS.
 *
 * @module
 */
import { ErrorReply, type Reply } from "../../resp/reply.ts";

export interface CommandDoc {
  /** In upper case. */
  name: string;
  summary: string;
  /** Its subcommands and option words. */
  words: string[];
}

const decoder = new TextDecoder();

/** @throws {Error} for an error reply, such as NOAUTH */
export function readDocs(reply: Reply): CommandDoc[] {
  if (reply instanceof ErrorReply) throw new Error(reply.text);
  return pairs(reply).map(([name, docs]) => {
    const summary = pairs(docs).find(([field]) => field === "summary")?.[1] ?? "";
    return { name: name.toUpperCase(), summary: text(summary), words: [...new Set(wordsOf(docs))] };
  });
}

/** One line for each command, by name. */
export function helpOf(docs: CommandDoc[]): string {
  const width = Math.max(0, ...docs.map(({ name }) => name.length));
  return docs.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).toSorted().join("");
}

/** Subcommands and tokens, at any depth. */
function wordsOf(docs: Reply): string[] {
  return pairs(docs).flatMap(([field, value]) => {
    if (field === "token") return [text(value)];
    if (field === "arguments") return (value as Reply[]).flatMap(wordsOf);
    if (field !== "subcommands") return [];
    return pairs(value).flatMap(([name, docs]) => [name.split("|")[1].toUpperCase(), ...wordsOf(docs)]);
  });
}

/** Of a map in either version of the protocol. */
function pairs(reply: Reply): [string, Reply][] {
  const flat = reply instanceof Map ? [...reply].flat() : reply as Reply[];
  return Array.from({ length: flat.length / 2 }, (_, i) => [text(flat[2 * i]), flat[2 * i + 1]]);
}

function text(value: Reply): string {
  return value instanceof Uint8Array ? decoder.decode(value) : `${value}`;
}
