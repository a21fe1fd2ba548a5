/**
 * Parameters of paths and queries: percent-decoded bytes, a reader for each, and how OpenAPI describes it.
 *
 * @module
 */
import {
  allOf,
  either,
  eventId,
  globPatternUpTo,
  groupKey,
  milliseconds,
  millisecondsAboveZero,
  type OptionReader,
  queueName,
  timetableName,
  wholeNumberFrom,
} from "../core/arguments.ts";
import { CommandError } from "../core/command_spec.ts";
import type { Glob } from "../core/util/glob.ts";
import { keyOf } from "../store/bytes.ts";
import {
  MAX_DURATION_MS,
  MAX_GROUP_BYTES,
  MAX_ID_BYTES,
  MAX_QUEUE_BYTES,
  MAX_TIMETABLE_NAME_BYTES,
} from "../store/limits.ts";
import { HttpError } from "./response.ts";

/** A part of an OpenAPI schema. */
export type Schema = Record<string, unknown>;

export interface Parameter<T, Required extends boolean = false> {
  /** @throws {CommandError} */
  read: OptionReader<T>;
  required: Required;
  schema: Schema;
  description: string;
}

export type Parameters = Record<string, Parameter<unknown, boolean>>;

/** The values of parameters; undefined for those that are not given. */
export type ValuesOf<P extends Parameters> = {
  [Name in keyof P]: P[Name] extends Parameter<infer T, infer Required> ? Required extends true ? T : T | undefined
    : never;
};

/** The parameters that stand in paths. */
export const PATH_PARAMETERS = {
  queue: bytesParameter(queueName, [1, MAX_QUEUE_BYTES], "The name of the queue"),
  id: bytesParameter(eventId, [1, MAX_ID_BYTES], "The id of the event"),
  name: bytesParameter(timetableName, [1, MAX_TIMETABLE_NAME_BYTES], "The name of the timetable"),
};

export type PathName = keyof typeof PATH_PARAMETERS;

/** A byte string; in the schema its lengths are those of plain text. */
export function bytesParameter(
  read: OptionReader<Uint8Array>,
  [minLength, maxLength]: [min: number, max: number],
  description: string,
): Parameter<Uint8Array> {
  return { read, required: false, schema: { type: "string", minLength, maxLength }, description };
}

export function required<T>(parameter: Parameter<T>): Parameter<T, true> {
  return { ...parameter, required: true };
}

export const GROUP = bytesParameter(
  groupKey,
  [1, MAX_GROUP_BYTES],
  "The group: events of one group are delivered in the order of their pushes",
);

/** The value is in milliseconds. */
export function seconds(description: string): Parameter<number> {
  const schema = { type: "number", minimum: 0, maximum: MAX_DURATION_MS / 1000 };
  return { read: milliseconds, required: false, schema, description: `${description}, in seconds` };
}

/** The same, above 0. */
export function secondsAboveZero(description: string): Parameter<number> {
  const schema = { type: "number", exclusiveMinimum: 0, maximum: MAX_DURATION_MS / 1000 };
  return { read: millisecondsAboveZero, required: false, schema, description: `${description}, in seconds` };
}

export function wholeNumber(min: number, max: number, description: string): Parameter<number> {
  const schema = { type: "integer", minimum: min, maximum: max };
  return { read: wholeNumberFrom(min, max), required: false, schema, description };
}

export function glob(what: string, maxLength: number): Parameter<Glob> {
  const description = `A pattern of ${what}, as in SCAN of Redis: *, ?, [abc], and a backslash before a literal`;
  return { read: globPatternUpTo(maxLength), required: false, schema: { type: "string", maxLength }, description };
}

export function oneOf<const T extends string>(words: readonly T[], description: string): Parameter<T> {
  const read = (bytes: Uint8Array, name: string) => {
    const word = words.find((word) => word === keyOf(bytes));
    if (word === undefined) throw new CommandError(`ERR ${name} must be ${either(words)}`);
    return word;
  };
  return { read, required: false, schema: { type: "string", enum: words }, description };
}

export function flag(description: string): Parameter<boolean> {
  const { read } = oneOf(["true", "false"], description);
  const schema = { type: "boolean" };
  return { read: (bytes, name) => read(bytes, name) === "true", required: false, schema, description };
}

/** Reads a query, without its question mark. @throws {HttpError | CommandError} for a parameter that is not in the table */
export function readQuery<P extends Parameters>(query: string, parameters: P): ValuesOf<P> {
  const values: Record<string, unknown> = {};
  for (let from = 0; from < query.length;) {
    const end = indexOrEnd(query, "&", from);
    const equals = Math.min(indexOrEnd(query, "=", from), end);
    const name = query.slice(from, equals);
    if (!Object.hasOwn(parameters, name)) throw unknownParameter(name, Object.keys(parameters));
    if (Object.hasOwn(values, name)) throw new HttpError(400, `parameter '${name}' is given twice`);
    values[name] = parameters[name].read(percentDecode(query.slice(equals + 1, end)), name);
    from = end + 1;
  }
  for (const name in parameters) {
    if (parameters[name].required && values[name] === undefined) {
      throw new HttpError(400, `parameter '${name}' is missing`);
    }
  }
  return values as ValuesOf<P>;
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index < 0 ? text.length : index;
}

function unknownParameter(name: string, known: string[]): HttpError {
  const shown = name.slice(0, MAX_SHOWN);
  if (known.length === 0) return new HttpError(400, `unknown parameter '${shown}': there are none here`);
  const are = known.length === 1 ? "the only parameter is" : "the parameters are";
  return new HttpError(400, `unknown parameter '${shown}': ${are} ${allOf(known)}`);
}

const MAX_SHOWN = 128;

const encoder = new TextEncoder();
const PERCENT = "%".charCodeAt(0);

/** A plus is a plus. @throws {HttpError} for a percent sign without two hexadecimal digits */
export function percentDecode(text: string): Uint8Array {
  const bytes = asciiOf(text) ?? encoder.encode(text);
  if (!text.includes("%")) return bytes;
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== PERCENT) {
      bytes[length++] = bytes[i];
      continue;
    }
    const [high, low] = [hexDigit(bytes[i + 1]), hexDigit(bytes[i + 2])];
    if (Number.isNaN(high + low)) {
      throw new HttpError(
        400,
        "a percent sign must be followed by two hexadecimal digits: write %25 for the sign itself",
      );
    }
    bytes[length++] = high * 16 + low;
    i += 2;
  }
  return bytes.subarray(0, length);
}

/** Faster than an encoder for the short texts that mostly come. Undefined for other characters. */
function asciiOf(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** The value of an ASCII digit; NaN for any other byte. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return NaN;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : NaN;
}

/** For a header: printable ASCII but a percent sign and spaces stays as it is. */
export function percentEncode(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte > 0x20 && byte < 0x7f && byte !== PERCENT
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
