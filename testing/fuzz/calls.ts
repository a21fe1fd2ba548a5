/**
 * Commands with random arguments, good or with one fault, and their bytes.
 *
 * @module
 */
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { COMMANDS } from "../../server.ts";
import { fc } from "../../tests/deps.ts";
import { wrongArity } from "../../tests/support/refusals.ts";
import { bytes } from "../../tests/support/wire.ts";
import { type Argument, SYNTAX_ERROR } from "./arguments.ts";
import { FUZZED } from "./commands.ts";
import { type Expected, type FuzzCommand, Like, Request } from "./fuzz_command.ts";
import type { Model } from "./model.ts";

/** okq's own limit is higher. */
const MAX_INLINE = 16_000;
const MAX_SHOWN = 40;

/** A number stands for the queue with this number. */
type Word = string | number;

interface Words {
  words: Word[];
  /** Number of words before the options. */
  fixed: number;
  /** The error that a fault among the words causes; with `…` its beginning. */
  error?: string;
}

/** A call, before a run names its queues. */
export interface Call extends Words {
  row: FuzzCommand;
  inline: boolean;
  /** Bits that make letters of the name lower case; bit 0 makes the names of all options lower case. */
  casing: number;
}

export interface Sender {
  connection: number;
  protocol: 2 | 3;
  /** Queue names by number. */
  queues: readonly string[];
}

export function encode({ row, words, fixed, inline, casing }: Call, { queues }: Sender): Uint8Array {
  const name = [...row.name].map((letter, i) => casing >> i & 1 ? letter.toLowerCase() : letter).join("");
  const options = resolve(casing & 1 ? withLowerCaseNames(row, words.slice(fixed)) : words.slice(fixed), queues);
  const args = resolve(words.slice(0, fixed), queues);
  const head = row.sub === undefined ? [name] : [name, row.sub];
  const before = row.behind === undefined ? args.length : row.before ?? 0;
  const behind = row.behind === undefined ? [] : [row.behind, ...args.slice(before)];
  const all = [...head, ...args.slice(0, before), ...options, ...behind];
  const line = all.map((arg, i) => i === 0 ? arg : `"${quote(arg)}"`).join(" ") + "\r\n";
  return inline && line.length < MAX_INLINE ? bytes(line) : encodeCommand(all.map(bytes));
}

/** Words with the names of options in lower case, but not their values. */
function withLowerCaseNames({ options }: FuzzCommand, words: Word[]): Word[] {
  let isValue = false;
  return words.map((word) => {
    const option = isValue ? undefined : options?.[word];
    isValue = option?.value !== undefined;
    return option ? `${word}`.toLowerCase() : word;
  });
}

/** Applies a call to the model and returns the expected reply. */
export function expected(model: Model, { row, words, fixed, error }: Call, sender: Sender): Expected {
  if (error?.endsWith("…")) return new Like(error, (reply) => `${reply}`.startsWith(error.slice(0, -1)));
  if (error !== undefined) return error;
  const options = new Map<string, string>();
  for (let i = fixed; i < words.length; i++) {
    const name = `${words[i]}`;
    options.set(name, row.options![name].value ? `${words[++i]}` : "");
  }
  const args = resolve(words.slice(0, fixed), sender.queues);
  return row.answer(new Request(model, sender.connection, sender.protocol, args, options));
}

/** @param shared only calls that connections with common queues can make */
export function calls(shared: boolean): fc.Arbitrary<Call> {
  const rows = FUZZED.filter(({ personal }) => !(shared && personal));
  return fc.oneof(...rows.map((row) => ({ weight: row.weight, arbitrary: callsOf(row, shared) })));
}

function callsOf(row: FuzzCommand, shared: boolean): fc.Arbitrary<Call> {
  const faults = faultsOf(row);
  const words = fc.oneof(
    { weight: 12, arbitrary: goodWords(row, shared) },
    { weight: faults.length > 0 ? 1 : 0, arbitrary: fc.constantFrom(...faults) },
  );
  const casing = fc.oneof(fc.constant(0), fc.nat({ max: 1023 }));
  return fc.record({ words, inline: fc.boolean(), casing })
    .map(({ words, inline, casing }) => withLabel({ row, ...words, inline, casing }));
}

/** A failure report shows the call in one line. */
function withLabel(call: Call): Call {
  const shorten = (text: string) => text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length})` : text;
  const words = call.words.map((word) => typeof word === "number" ? `queue ${word}` : JSON.stringify(shorten(word)));
  return Object.assign(call, {
    [fc.toStringMethod]: () => `\n      ${call.row.name} ${call.row.sub ?? ""} ${words.join(" ")}`,
  });
}

function goodWords({ args, options = {} }: FuzzCommand, shared: boolean): fc.Arbitrary<Words> {
  const fixed = Object.values(args).map(({ good, repeat: [minLength, maxLength] = [1, 1] }) =>
    fc.array(good, { minLength, maxLength })
  );
  const allowed = Object.entries(options).filter(([, { background }]) => !(shared && background));
  const optional = allowed.map(([name, { value }]) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<Word[]>([]) },
      {
        weight: 1,
        arbitrary: value ? value.good.map((value): Word[] => [name, value].flat()) : fc.constant<Word[]>([name]),
      },
    )
  );
  return fc.tuple(fc.tuple(...fixed), fc.tuple(...optional), fc.boolean()).map(([args, options, reversed]) => ({
    words: [...args.flat(2), ...(reversed ? options.toReversed() : options).flat()],
    fixed: args.flat(2).length,
  }));
}

function faultsOf({ name, sub, args, options = {}, behind, before }: FuzzCommand): Words[] {
  const command = COMMANDS.find((command) => command.name === name)!;
  const { arity: [min, max] } = command.subcommands?.find((command) => command.name === sub) ?? command;
  const usual = Object.values(args).flatMap(({ usual = "1" }): readonly Word[] => [usual].flat());
  const faults: { words: Word[]; error: string }[] = [];
  const add = (error: string, ...words: Word[]) => faults.push({ words, error });
  const addBad = (name: string, { bad = [], error = "" }: Argument, words: (value: string) => Word[]) =>
    bad.forEach((value) => add(error.replace("%", name), ...words(value)));

  const arityError = wrongArity(sub ? `${name}|${sub}` : name);
  for (let n = 0; n < (behind === undefined ? min : min - 1); n++) add(arityError, ...usual.slice(0, n));
  if (max !== Infinity) add(arityError, ...Array(max + 1).fill("1"));
  for (const [i, [argument, kind]] of Object.entries(args).entries()) {
    addBad(argument, kind, (value) => usual.with(i, value));
  }
  if (usual.length + 1 <= max && Object.keys(options).length > 0) {
    for (const word of ["NOPE", "", "\0", "N".repeat(100)]) add(SYNTAX_ERROR, ...usual, word);
  }
  for (const [option, { value }] of Object.entries(options)) {
    if (!value) continue;
    // Otherwise it would take the next word as its value.
    if (before === undefined) add(SYNTAX_ERROR, ...usual, option);
    addBad(option, value, (bad) => [...usual, option, bad]);
  }
  return faults.map((fault) => ({ ...fault, fixed: Math.min(fault.words.length, usual.length) }));
}

function resolve(words: Word[], queues: readonly string[]): string[] {
  return words.map((word) => typeof word === "number" ? queues[word] : word);
}

function quote(text: string): string {
  return text.replace(/[^\w-]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
