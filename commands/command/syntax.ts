/**
 * Parses a command's syntax line into the arguments of COMMAND DOCS. redis-cli 7 shows no hint without them.
 *
 * Upper case is a literal word, lower case a value, `[a]` is optional, `[a | b]` and `a|b` are alternatives, and
 * `[a ...]` may be repeated.
 *
 * @module
 */
import { type Reply, Status } from "../../resp/reply.ts";

/** An argument as in {@link https://redis.io/docs/latest/commands/command-docs/ COMMAND DOCS}. */
export interface Argument {
  name: string;
  type: "string" | "double" | "pure-token" | "oneof" | "block";
  token?: string;
  optional?: boolean;
  multiple?: boolean;
  /** The alternatives of a "oneof", the members of a "block". */
  parts?: Argument[];
}

export function readSyntax(syntax: string): Argument[] {
  return sequence(syntax.match(/[[\]]|[^\s[\]]+/g) ?? []);
}

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

/** Consumes words up to the end of a group or an alternative. */
function sequence(words: string[]): Argument[] {
  const result: Argument[] = [];
  while (words.length > 0 && !["]", "|", "..."].includes(words[0])) {
    const next = words.shift()!;
    if (next === "[") addGroup(result, group(words));
    else if (isToken(next)) result.push(tokenWithValues(next, words));
    else result.push(value(next));
  }
  return result;
}

/** Consumes the rest of a group after its `[`, including the `]`. */
function group(words: string[]): Argument {
  const choices = [block(sequence(words))];
  while (words[0] === "|") {
    words.shift();
    choices.push(block(sequence(words)));
  }
  const multiple = words[0] === "...";
  if (multiple) words.shift();
  words.shift();
  const argument = choices.length === 1 ? choices[0] : choice(choices);
  return multiple ? { ...argument, multiple } : argument;
}

/** Makes `a [a ...]` one required argument that may be repeated; any other group becomes an optional argument. */
function addGroup(result: Argument[], added: Argument): void {
  const names = (list: Argument[]) => list.map(({ name }) => name).join(" ");
  const repeated = added.type === "block" ? added.parts! : [added];
  const previous = result.slice(-repeated.length);
  if (added.multiple && result.at(-1)?.name === added.name) result.at(-1)!.multiple = true;
  else if (!added.multiple || names(previous) !== names(repeated)) result.push({ ...added, optional: true });
  else if (added.type === "block") result.splice(-repeated.length, repeated.length, added);
  else previous[0].multiple = true;
}

function tokenWithValues(token: string, words: string[]): Argument {
  const values: Argument[] = [];
  while (words.length > 0 && !["[", "]", "|", "..."].includes(words[0]) && !isToken(words[0])) {
    values.push(value(words.shift()!));
  }
  if (values.length === 0) return { name: token.toLowerCase(), type: "pure-token", token };
  return { ...block(values), token };
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

function block(parts: Argument[]): Argument {
  return parts.length === 1 ? parts[0] : { name: parts.map(({ name }) => name).join("-"), type: "block", parts };
}

function isToken(text: string): boolean {
  return /^[A-Z][A-Z-]*$/.test(text);
}
