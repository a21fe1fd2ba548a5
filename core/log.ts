/**
 * The log: one line per entry on standard error, with time, level, message and fields.
 *
 *     2026-01-02T03:04:05.678Z info Listening addr=127.0.0.1:4777
 *     {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"Listening","addr":"127.0.0.1:4777"}
 *
 * @module
 */

import { printable } from "../resp/printable.ts";

/** The severity of a log entry. */
export type Level = "debug" | "info" | "warn" | "error";

/** Log levels, least severe first. */
export const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** The form of the lines. */
export type LogFormat = "text" | "json";

/** Log formats, the default first. */
export const LOG_FORMATS: readonly LogFormat[] = ["text", "json"];

/** Named values of a log entry. Errors are written with their causes, byte strings as quoted text. */
export type LogFields = Record<string, unknown>;

/** Control characters, line separators and text direction marks could forge a line or hide a part of it. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Causes written of an error. */
const MAX_CAUSES = 8;

/** At most one line of {@linkcode RateLimitedLog} per interval. */
const RATE_LIMIT_MS = 60_000;

/** Writes log entries from a level on. */
export class Log {
  readonly #minLevel: number;
  readonly #write: (line: string) => void;
  readonly #format: LogFormat;

  /**
   * Creates a log.
   * @param level least severe level to write; "silent" writes nothing
   * @param write receives each line with its line feed; standard error by default
   * @param format "json" for programs: an object per line
   */
  constructor(level: Level | "silent", write: (line: string) => void = writeToStderr, format: LogFormat = "text") {
    this.#format = format;
    this.#minLevel = level === "silent" ? LEVELS.length : LEVELS.indexOf(level);
    this.#write = write;
  }

  /** Logs a detail that helps to diagnose okq. */
  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  /** Logs normal operation. */
  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  /** Logs a failure that okq handles itself. */
  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  /** Logs a failure that needs an operator. */
  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  #log(level: Level, message: string, fields: LogFields = {}): void {
    if (LEVELS.indexOf(level) < this.#minLevel) return;
    const time = new Date().toISOString();
    this.#write((this.#format === "json" ? jsonLine : textLine)(time, level, message, fields) + "\n");
  }
}

function textLine(time: string, level: Level, message: string, fields: LogFields): string {
  let line = `${time} ${level} ${escape(message)}`;
  for (const [name, value] of Object.entries(fields)) line += ` ${name}=${formatValue(value)}`;
  return line;
}

function jsonLine(time: string, level: Level, message: string, fields: LogFields): string {
  const values = Object.entries(fields).map(([name, value]) => [name, jsonValue(value)]);
  const line = JSON.stringify({ time, level, message, ...Object.fromEntries(values) });
  return line.replace(CONTROLS, unicodeEscape);
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return printable(value);
  if (value instanceof Error) return describeError(value);
  try {
    return JSON.stringify(value) === undefined ? String(value) : value;
  } catch {
    return plainText(value);
  }
}

/**
 * Logs one kind of warning at most once a minute, with the number of `suppressed` ones in between. For what a client
 * can cause thousands of times a second.
 */
export class RateLimitedLog {
  readonly #log: Log;
  #loggedAt = -Infinity;
  #suppressed = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param now milliseconds of a monotonic clock */
  warn(message: string, fields: LogFields = {}, now: number = performance.now()): void {
    if (now - this.#loggedAt < RATE_LIMIT_MS) return void this.#suppressed++;
    this.#log.warn(message, this.#suppressed > 0 ? { ...fields, suppressed: this.#suppressed } : fields);
    this.#loggedAt = now;
    this.#suppressed = 0;
  }
}

/** Formats an error and its causes: `Error: Cannot connect; caused by ConnectionRefused: …`. */
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
  // The error of a connection that failed for every address of a host has no message of its own.
  if (error instanceof AggregateError) return `${text} (${error.errors.map(plainText).join(", ")})`;
  // These come from a bug, so the line of code matters.
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const location = isBug ? /\n\s+(at .+)/.exec(error.stack ?? "")?.[1] : undefined;
  return location === undefined ? text : `${text} (${location})`;
}

function formatValue(value: unknown): string {
  if (value instanceof Uint8Array) return `"${printable(value).replaceAll('"', '\\"')}"`;
  return quote(value instanceof Error ? describeError(value) : plainText(value));
}

/** Formats any value but an error; never throws. */
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
    return short ?? unicodeEscape(control);
  });
}

function unicodeEscape(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function writeToStderr(line: string): void {
  try {
    let bytes = new TextEncoder().encode(line);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Standard error is closed. The server must go on.
  }
}
