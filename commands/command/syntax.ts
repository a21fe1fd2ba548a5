/**
 * Reads the syntax line of a command into the form of Redis' COMMAND DOCS, from which redis-cli makes its hints.
 *
 * In a syntax line upper case is sent as it stands, lower case stands for a value, `[a]` may be left out, `[a | b]` and
 * `a|b` are a choice, and `[a ...]` may be repeated.
 *
 * @module
 */
import { type Reply, Status } from "../../resp/reply.ts";

/** One argument, as {@link https://redis.io/docs/latest/commands/command-docs/ COMMAND DOCS} has it. */
export interface Argument {
  /** Lower case for a word sent as it stands. */
  name: string;
  /** One of the types of Redis. */
  type: "string" | "double" | "pure-token" | "oneof" | "block";
  /** The word that goes before the value. */
  token?: string;
  /** May be left out. */
  optional?: boolean;
  /** May be repeated. */
  multiple?: boolean;
  /** The parts of a "oneof" or a "block". */
  parts?: Argument[];
}

/** The arguments that a syntax line describes. */
export function readSyntax(syntax: string): Argument[] {
  return sequence(syntax.match(/[[\]]|[^\s[\]]+/g) ?? []);
}

/** Arguments as a reply. */
export function argumentsReply(list: Argument[]): Reply[] {
  return list.map(({ name, type, token, optional, multiple, parts }) => {
    const reply = new Map<string, Reply>([["name", name], ["type", type]]);
    if (parts === undefined && type !== "pure-token") reply.set("display_text", name);
    if (token !== undefined) reply.set("token", token);
    const flags = [...(optional ? ["optional"] : []), ...(multiple ? ["multiple"] : [])];
    if (flags.length > 0) reply.set("flags", flags.map((flag) => new Status(flag)));
    if (parts !== undefined) reply.set("arguments", argumentsReply(parts));
    return reply;
  });
}

/** Takes arguments off the front of `words`, up to what ends a group or an alternative. */
function sequence(words: string[]): Argument[] {
  const found: Argument[] = [];
  while (words.length > 0 && !["]", "|", "..."].includes(words[0])) {
    const next = words.shift()!;
    if (next === "[") addGroup(found, group(words));
    else if (isToken(next)) found.push(tokenWithValues(next, words));
    else found.push(value(next));
  }
  return found;
}

/** Reads what follows a `[`, and the `]` that ends it. */
function group(words: string[]): Argument {
  const choices = [together(sequence(words))];
  while (words[0] === "|") {
    words.shift();
    choices.push(together(sequence(words)));
  }
  const multiple = words[0] === "...";
  if (multiple) words.shift();
  words.shift();
  const argument = choices.length === 1 ? choices[0] : choice(choices);
  return multiple ? { ...argument, multiple } : argument;
}

/**
 * `queue [queue ...]` and `field value [field value ...]` are one argument that is given once or more, anything else one
 * that may be left out.
 */
function addGroup(found: Argument[], added: Argument): void {
  const names = (some: Argument[]) => some.map(({ name }) => name).join(" ");
  const again = added.type === "block" ? added.parts! : [added];
  const before = found.slice(-again.length);
  if (!added.multiple || names(before) !== names(again)) found.push({ ...added, optional: true });
  else if (added.type === "block") found.splice(-again.length, again.length, added);
  else before[0].multiple = true;
}

function tokenWithValues(token: string, words: string[]): Argument {
  const values: Argument[] = [];
  while (words.length > 0 && !["[", "]", "|", "..."].includes(words[0]) && !isToken(words[0])) {
    values.push(value(words.shift()!));
  }
  if (values.length === 0) return { name: token.toLowerCase(), type: "pure-token", token };
  return { ...together(values), token };
}

function value(text: string): Argument {
  if (text.includes("|")) {
    return choice(text.split("|").map((token) => ({ name: token.toLowerCase(), type: "pure-token", token })));
  }
  return { name: text, type: ["seconds", "timeout"].includes(text) ? "double" : "string" };
}

function choice(parts: Argument[]): Argument {
  return { name: parts.map(({ name }) => name).join("-or-"), type: "oneof", parts };
}

function together(parts: Argument[]): Argument {
  return parts.length === 1 ? parts[0] : { name: parts.map(({ name }) => name).join("-"), type: "block", parts };
}

function isToken(text: string): boolean {
  return /^[A-Z][A-Z-]*$/.test(text);
}
