/**
 * Log lines: one event a line on standard error, with the time, how grave it is, what happened, and details.
 *
 *     2026-01-02T03:04:05.678Z info Listening addr=127.0.0.1:4777
 *
 * @module
 */

import { printable } from "../resp/printable.ts";

/** How grave an event is. */
export type Level = "debug" | "info" | "warn" | "error";

/** How grave events can be, from the least. */
export const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** The details of an event. Values may be anything: errors show with their causes, byte strings as quoted text. */
export type LogFields = Record<string, unknown>;

/** Control characters, line separators and what else would make one line look like two or hide a part of it. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The longest chain of causes that is shown. */
const MAX_CAUSES = 8;

/** Writes the events that are grave enough. */
export class Log {
  readonly #least: number;
  readonly #write: (line: string) => void;

  /**
   * A log that starts at a level.
   * @param level the least grave events to write; "silent" writes none
   * @param write takes a line with its line feed; standard error by default
   */
  constructor(level: Level | "silent", write: (line: string) => void = writeToStderr) {
    this.#least = level === "silent" ? LEVELS.length : LEVELS.indexOf(level);
    this.#write = write;
  }

  /** Something that helps to find out what okq does. */
  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  /** Something that happens in the normal course of things. */
  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  /** Something that went wrong and that okq deals with. */
  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  /** Something that someone should look into. */
  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  #log(level: Level, message: string, fields: LogFields = {}): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    let line = `${new Date().toISOString()} ${level} ${escape(message)}`;
    for (const [name, value] of Object.entries(fields)) line += ` ${name}=${shown(value)}`;
    this.#write(line + "\n");
  }
}

/** An error and its causes in one line: `Error: Cannot connect; caused by ConnectionRefused: …`. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let cause = error; cause !== undefined && parts.length < MAX_CAUSES;) {
    parts.push(cause instanceof Error ? withoutCause(cause) : plainText(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return parts.join("; caused by ");
}

function withoutCause(error: Error): string {
  const text = `${error.name}: ${error.message}`;
  // A connection that fails for every address of a host has no message of its own.
  if (error instanceof AggregateError) return `${text} (${error.errors.map(plainText).join(", ")})`;
  // These come from a mistake in the code, so the place matters.
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const place = isBug ? /\n\s+(at .+)/.exec(error.stack ?? "")?.[1] : undefined;
  return place === undefined ? text : `${text} (${place})`;
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `"${printable(value).replaceAll('"', '\\"')}"`;
  return quote(value instanceof Error ? describeError(value) : plainText(value));
}

/** Text of a value that is no error; never throws, whatever the value is. */
function plainText(value: unknown): string {
  try {
    const isPlain = typeof value === "object" && value !== null && !(value instanceof Error);
    return isPlain ? JSON.stringify(value) : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function quote(text: string): string {
  return /^[^\s"=\\]+$/.test(text) ? escape(text) : `"${escape(text.replace(/["\\]/g, "\\$&"))}"`;
}

function escape(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[control];
    return short ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function writeToStderr(line: string): void {
  try {
    let bytes = new TextEncoder().encode(line);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Nobody reads standard error any more; a server must not end for that.
  }
}
