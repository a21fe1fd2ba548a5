/**
 * Reads lines of JSON whose fields are known. Bounds are stated in the errors.
 *
 * @module
 */
import { Buffer } from "../deps.ts";

/** Why a line is refused, as part of a sentence. */
export class Refusal extends Error {}

/** What a value must be, and how it is read. */
export interface Field<T> {
  /** Completes "it must be …". */
  allowed: string;
  /** Undefined if it is not allowed. */
  read(value: unknown): T | undefined;
}

export type Fields = Record<string, Field<unknown>>;

export type Values<T extends Fields> = { [Name in keyof T]?: T[Name] extends Field<infer Value> ? Value : never };

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws {Refusal} */
export function parseObject(line: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = utf8.decode(line);
  } catch {
    throw new Refusal("it is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal("it is not JSON: it may have been cut off");
  }
  if (!isObject(value)) throw new Refusal("it is no JSON object");
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {Refusal} a field is unknown, or its value not allowed */
export function readFields<T extends Fields>(object: Record<string, unknown>, fields: T): Values<T> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    if (!Object.hasOwn(fields, name)) {
      throw new Refusal(
        `it has an unknown field ${JSON.stringify(name.slice(0, 64))}: known are ${Object.keys(fields).join(", ")}`,
      );
    }
    values[name] = fields[name].read(value);
    if (values[name] === undefined) throw new Refusal(`"${name}" must be ${fields[name].allowed}`);
  }
  return values as Values<T>;
}

/** @throws {Refusal} one of the fields is missing */
export function required<T, Name extends keyof T>(values: T, names: Name[]): T & { [N in Name]-?: NonNullable<T[N]> } {
  for (const name of names) if (values[name] === undefined) throw new Refusal(`"${String(name)}" is missing`);
  return values as T & { [N in Name]-?: NonNullable<T[N]> };
}

export function whole(min: number, max: number): Field<number> {
  const allowed = max < Infinity ? `a whole number from ${min} to ${max}` : `a whole number from ${min}`;
  const isAllowed = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
  return { allowed, read: (value) => isAllowed(value) ? value as number : undefined };
}

export function number(min: number, max: number): Field<number> {
  const isAllowed = (value: unknown) => typeof value === "number" && value >= min && value <= max;
  return { allowed: `a number from ${min} to ${max}`, read: (value) => isAllowed(value) ? value as number : undefined };
}

export function byteString(min: number, max: number): Field<Uint8Array> {
  const length = max < Infinity ? ` of ${min} to ${max} bytes` : "";
  return {
    allowed: `text or {"base64": text}${length}`,
    read(value) {
      const bytes = typeof value === "string" && value.isWellFormed() ? Buffer.from(value) : fromBase64(value);
      return bytes !== undefined && bytes.length >= min && bytes.length <= max ? bytes : undefined;
    },
  };
}

function fromBase64(value: unknown): Uint8Array | undefined {
  if (!isObject(value) || typeof value.base64 !== "string" || Object.keys(value).length > 1) return undefined;
  const bytes = Buffer.from(value.base64, "base64");
  return bytes.toString("base64") === value.base64 ? bytes : undefined;
}
