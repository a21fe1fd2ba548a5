/**
 * Calls: commands of the table with random arguments, good ones and bad ones, in any way that they can be written.
 *
 * @module
 */
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { COMMANDS } from "../../server.ts";
import { fc } from "../../tests/deps.ts";
import { bytes } from "../../tests/support/wire.ts";
import type { Asked, Expected, FuzzCommand } from "./fuzz_command.ts";
import { FUZZED } from "./commands.ts";
import type { Model } from "./model.ts";

/** Inline commands up to this length; okq's own limit is higher. */
const MAX_INLINE = 16_000;

/** Characters of a word that are shown. */
const SHOWN = 40;

/** A word of a call: text, or the number of a queue. */
type Word = string | number;

/** A call as it was thought up, before the run gives queues their names. */
export interface Call {
  row: FuzzCommand;
  /** What is sent behind the command's name. */
  words: Word[];
  /** Of these, how many stand before the options. */
  fixed: number;
  /** What is answered because of a mistake in it. */
  error?: string;
  /** How it is written. */
  inline: boolean;
  /** Lower case here and there: bit by bit for each letter of the name. */
  casing: number;
}

/** Who sends a call, and what the queues are called. */
export interface Sender {
  connection: number;
  protocol: 2 | 3;
  queues: readonly string[];
}

/** The bytes of a call. */
export function encode({ row, words, fixed, inline, casing }: Call, { queues }: Sender): Uint8Array {
  const name = [...row.name].map((letter, i) => casing >> i & 1 ? letter.toLowerCase() : letter).join("");
  const options = named(words.slice(fixed), queues).map((word) => casing & 1 ? word.toLowerCase() : word);
  const given = named(words.slice(0, fixed), queues);
  const first = row.sub === undefined ? [name] : [name, row.sub];
  const args = row.behind === undefined
    ? [...first, ...given, ...options]
    : [...first, ...options, row.behind, ...given];
  const line = args.map((arg, i) => i === 0 ? arg : `"${quote(arg)}"`).join(" ") + "\r\n";
  return inline && line.length < MAX_INLINE ? bytes(line) : encodeCommand(args.map(bytes));
}

/** What is answered to a call; does the same to the model. */
export function expected(model: Model, { row, words, fixed, error }: Call, sender: Sender): Expected {
  if (error !== undefined) return `-${error}`;
  const args = named(words.slice(0, fixed), sender.queues);
  const options = new Map<string, string>();
  for (let i = fixed; i < words.length; i++) {
    const option = row.options![`${words[i]}`];
    options.set(`${words[i]}`, option.value ? `${words[++i]}` : "");
  }
  const asked: Asked = { connection: sender.connection, protocol: sender.protocol, args, options };
  return row.answer(model, asked);
}

/** Calls of all commands, or of those that connections with queues in common can make. */
export function calls(shared: boolean): fc.Arbitrary<Call> {
  const rows = FUZZED.filter(({ personal }) => !(shared && personal));
  return fc.oneof(...rows.map((row) => ({ weight: row.weight, arbitrary: callsOf(row, shared) })));
}

function callsOf(row: FuzzCommand, shared: boolean): fc.Arbitrary<Call> {
  const written = { inline: fc.boolean(), casing: fc.oneof(fc.constant(0), fc.nat({ max: 1023 })) };
  const good = goodWords(row, shared);
  const faulty = faults(row);
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ good, ...written }).map(({ good, ...how }) => readable({ row, ...good, ...how })),
    },
    {
      weight: faulty.length > 0 ? 1 : 0,
      arbitrary: fc.record({ fault: fc.constantFrom(...faulty), ...written })
        .map(({ fault, ...how }) => readable({ row, ...fault, ...how })),
    },
  );
}

/** Has the call shown in a line when something fails with it. */
function readable(call: Call): Call {
  const words = call.words.map((word) => typeof word === "number" ? `queue ${word}` : JSON.stringify(shortened(word)));
  return Object.assign(call, {
    [fc.toStringMethod]: () => `\n      ${call.row.name} ${call.row.sub ?? ""} ${words.join(" ")}`,
  });
}

function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length})` : text;
}

function goodWords(row: FuzzCommand, shared: boolean): fc.Arbitrary<Pick<Call, "words" | "fixed">> {
  const args = Object.values(row.args).map(({ good, repeat: [minLength, maxLength] = [1, 1] }) =>
    fc.array(good, { minLength, maxLength })
  );
  const allowed = Object.entries(row.options ?? {}).filter(([, { background }]) => !(shared && background));
  const options = allowed.map(([name, { value }]) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant<Word[]>([]) },
      { weight: 1, arbitrary: value ? value.good.map((value): Word[] => [name, value]) : fc.constant<Word[]>([name]) },
    )
  );
  return fc.tuple(fc.tuple(...args), fc.tuple(...options), fc.boolean()).map(([args, options, reversed]) => {
    const fixed = args.flat();
    const rest = reversed ? options.toReversed() : options;
    return { words: [...fixed, ...rest.flat()], fixed: fixed.length };
  });
}

/** Everything that can be wrong with one call, one thing at a time. */
function faults({ name, sub, args, options = {}, behind }: FuzzCommand): Pick<Call, "words" | "fixed" | "error">[] {
  const command = COMMANDS.find((command) => command.name === name)!;
  const { arity: [min, max] } = command.subcommands?.find((command) => command.name === sub) ?? command;
  const given = Object.entries(args);
  const fine = given.map(([, { usual = "1" }]): Word => usual);
  const found: { words: Word[]; error: string }[] = [];
  const arity = `ERR wrong number of arguments for '${[name, ...(sub ? [sub] : [])].join("|").toLowerCase()}' command`;
  const least = behind === undefined ? min : min - 1;
  for (let n = 0; n < least; n++) found.push({ words: fine.slice(0, n), error: arity });
  if (max !== Infinity) found.push({ words: Array(max + 1).fill("1"), error: arity });
  for (const [i, [argument, { bad = [] }]] of given.entries()) {
    for (const [value, error] of bad) {
      found.push({ words: fine.with(i, value), error: error.replace("%", argument) });
    }
  }
  if (fine.length + 1 <= max && Object.keys(options).length > 0) {
    for (const word of ["NOPE", "", "\0", "N".repeat(100)]) {
      found.push({ words: [...fine, word], error: "ERR syntax error" });
    }
  }
  for (const [option, { value }] of Object.entries(options)) {
    if (!value) continue;
    found.push({ words: [...fine, option], error: "ERR syntax error" });
    for (const [text, error] of value.bad ?? []) {
      found.push({ words: [...fine, option, text], error: error.replace("%", option) });
    }
  }
  return found.map((fault) => ({ ...fault, fixed: Math.min(fault.words.length, fine.length) }));
}

function named(words: Word[], queues: readonly string[]): string[] {
  return words.map((word) => typeof word === "number" ? queues[word] : word);
}

function quote(text: string): string {
  return text.replace(/[^\w-]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
