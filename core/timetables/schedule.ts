/**
 * Times of a cron expression in a time zone. croner reads the expression.
 *
 * @module
 */
import { Cron } from "../../deps.ts";
import { printable } from "../../resp/printable.ts";
import { bytesOfKey } from "../../store/bytes.ts";
import { MAX_EXPRESSION_BYTES, MAX_ZONE_BYTES } from "../../store/limits.ts";

/** The message says what is wrong and what is allowed, in one line that begins in lower case. */
export class InvalidSchedule extends Error {
  override name = "InvalidSchedule";
}

/** Intl takes offsets too, which are no IANA names. */
const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** All times are in milliseconds since 1970, and full minutes. */
export class Schedule {
  /** The fields, with a space between two. */
  readonly expression: string;
  readonly #cron: Cron;

  /**
   * @param expression minute, hour, day of month, month, day of week
   * @param zone IANA name
   * @throws {InvalidSchedule}
   */
  constructor(expression: string, zone: string) {
    requireZone(zone);
    this.expression = requireFields(expression);
    this.#cron = cronOf(this.expression, zone);
  }

  /** The first time after another. @throws {InvalidSchedule} if there is none */
  next(after: number): number {
    const [next] = this.nextTimes(after, 1);
    if (next === undefined) throw new InvalidSchedule(`cron expression '${this.expression}' has no time to come`);
    return next;
  }

  /** The first `count` times after another; fewer, if no others are to come. */
  nextTimes(after: number, count: number): number[] {
    const times: number[] = [];
    for (let last: Date | null = new Date(after); times.length < count;) {
      last = this.#cron.nextRun(last);
      if (last === null) break;
      times.push(last.getTime());
    }
    return times;
  }

  /**
   * The last time that is not after `until`, and the first one after it.
   * @param first a time that is not after `until`
   */
  around(first: number, until: number): { last: number; next: number } {
    const next = this.next(first);
    if (next > until) return { last: first, next };
    // The last time is in (from, to]: the interval is halved while each half has a time, or the second one has.
    let [from, to] = [first, until];
    while (to - from > MINUTE_MS) {
      const middle = from + Math.floor((to - from) / 2);
      if (this.next(middle) <= until) from = middle;
      else to = middle;
    }
    return { last: this.next(from), next: this.next(until) };
  }
}

const MINUTE_MS = 60_000;

/** The fields and what they may hold. */
const FIELDS = [
  "minute: it must be 0 to 59",
  "hour: it must be 0 to 23",
  "day of month: it must be 1 to 31 or L",
  "month: it must be 1 to 12 or JAN to DEC",
  "day of week: it must be 0 to 7 or SUN to SAT",
];

function requireFields(text: string): string {
  if (text.length > MAX_EXPRESSION_BYTES) {
    throw new InvalidSchedule(`cron expression must be at most ${MAX_EXPRESSION_BYTES} bytes long`);
  }
  const fields = text.trim().split(/[ \t]+/);
  if (fields.length !== FIELDS.length) {
    throw new InvalidSchedule(
      "cron expression must have five fields: minute, hour, day of month, month and day of week",
    );
  }
  const wrong = fields.findIndex((field, i) => !isValid(field, i));
  if (wrong >= 0) {
    const field = shown(fields[wrong]);
    throw new InvalidSchedule(`cron expression has '${field}' as ${FIELDS[wrong]}, or *, a range, a step or a list`);
  }
  return fields.join(" ");
}

function isValid(field: string, index: number): boolean {
  // croner takes text with a colon for a date.
  if (!/^[A-Za-z0-9*,/#+?-]+$/.test(field)) return false;
  try {
    cronOf(FIELDS.map((_, i) => i === index ? field : "*").join(" "), "UTC");
    return true;
  } catch {
    return false;
  }
}

function cronOf(expression: string, zone: string): Cron {
  return new Cron(expression, { timezone: zone, mode: "5-part" });
}

function requireZone(zone: string): void {
  try {
    if (zone.length > MAX_ZONE_BYTES || !ZONE.test(zone)) throw new RangeError(zone);
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch {
    throw new InvalidSchedule(`time zone '${shown(zone)}' is unknown: an IANA name is needed, such as Europe/Berlin`);
  }
}

function shown(text: string): string {
  return printable(bytesOfKey(text));
}
