/**
 * Kinds of command arguments: generators of good values, and bad values with their errors.
 *
 * @module
 */
import { fc } from "../../tests/deps.ts";
import { MIN_RATE } from "../../store/limits.ts";
import { byteStrings, modelContents, modelGroups, modelIds, modelMeta } from "../../tests/support/model_queue.ts";
import { NO_TIMES } from "../../tests/support/refusals.ts";

export interface Argument {
  /** A number stands for the queue with this number; several words count as one argument. */
  good: fc.Arbitrary<string | number | readonly string[]>;
  /** A value that is good beside any other arguments; "1" by default. */
  usual?: string | number | readonly string[];
  /** How many there may be in a row; one by default. */
  repeat?: readonly [min: number, max: number];
  bad?: readonly string[];
  /** The error for the bad values; `%` stands for the name of the argument or option, `…` for any rest. */
  error?: string;
}

export const QUEUES = 3;

/** The beginning of the error for an option that is unknown or without its value. */
export const SYNTAX_ERROR = "-ERR syntax error near '…";
const VALUE_ERROR = "-ERR value is not an integer or out of range '%'";
const BAD_SECONDS = [...NO_TIMES, "1e3", "31536000001", "1".repeat(70)];

/** The good values are 0 or longer than any run, so that nothing ends by itself. */
function seconds(good: fc.Arbitrary<string>, options: Partial<Argument> & { zero?: boolean } = {}): Argument {
  const { zero = true, ...rest } = options;
  return { good, bad: zero ? BAD_SECONDS : [...BAD_SECONDS, "0"], error: VALUE_ERROR, ...rest };
}

function integer(good: string[], ...bad: string[]): Argument {
  return { good: fc.constantFrom(...good), bad: ["-1", "", "x", "1.5", "01", ...bad], error: VALUE_ERROR };
}

export const queue: Argument = {
  good: fc.nat({ max: QUEUES - 1 }),
  usual: 0,
  bad: ["", "q".repeat(513)],
  error: "-ERR queue name must be 1 to 512 bytes long",
};
/** Of the queues that may have another policy at any time; the last one keeps its groupLimit and what it remembers. */
export const resettable: Argument = { ...queue, good: fc.nat({ max: QUEUES - 2 }) };
export const destination: Argument = { ...queue, usual: 1 };
export const queues: Argument = { ...queue, repeat: [1, 4] };
export const id: Argument = {
  good: modelIds,
  bad: ["", "i".repeat(1025)],
  error: "-ERR event id must be 1 to 1024 bytes long",
};
export const contents: Argument = {
  good: fc.oneof(
    { weight: 10, arbitrary: modelContents },
    { weight: 2, arbitrary: fc.constantFrom("+OK\r\n", "$-1\r\n", "*1\r\n", "\r\n") },
    { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 200_000).map((size) => "C".repeat(size)) },
  ),
};
/** Ids with their contents. */
export const events: Argument = {
  good: fc.tuple(modelIds, modelContents),
  usual: ["1", "1"],
  repeat: [1, 4],
  bad: id.bad,
  error: id.error,
};
/** Ids with receipts that match no delivery. */
export const deliveries: Argument = {
  ...events,
  good: fc.tuple(modelIds, fc.constantFrom("0-1", "", "r".repeat(100))),
};
export const message: Argument = { good: fc.oneof(byteStrings(0, 20), fc.constant("")) };

const LONG_SECONDS = ["600", "600.5", "31536000000"];
export const lease: Argument = seconds(fc.constantFrom(...LONG_SECONDS, "0", "00", "0.0"));
export const longLease: Argument = seconds(fc.constantFrom(...LONG_SECONDS), { usual: "600" });
export const delay: Argument = seconds(fc.constantFrom("0", "0.0", "600", "31536000000"));
export const ttl: Argument = seconds(fc.constantFrom(...LONG_SECONDS), { zero: false });
export const pauseTime: Argument = seconds(fc.constantFrom("600", "31536000000"), { repeat: [0, 1], zero: false });

/** Long enough for QNOTIFY to find a ready event on a busy machine; in seconds. */
export const LONG_WAIT = 3;
export const wait: Argument = seconds(fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("0", "0.01", ".005", "0.") },
  { weight: 1, arbitrary: fc.constant(`${LONG_WAIT}`) },
));

export const count: Argument = integer(["1", "2", "3", "1000", "1000000"], "0", "1e3", " 1");
export const group: Argument = {
  good: modelGroups,
  bad: ["", "g".repeat(513)],
  error: "-ERR group must be 1 to 512 bytes long",
};
export const meta: Argument = {
  good: modelMeta,
  bad: ["m".repeat(4097)],
  error: "-ERR meta must be at most 4096 bytes long",
};
/** So slow that the queue delivers nothing during a run. */
const SLOW = MIN_RATE.toFixed(5);
export const rate: Argument = {
  good: fc.constantFrom("0", "0", "0", SLOW),
  bad: [...NO_TIMES, "0.000001", "1000001", "1e9"],
  error: VALUE_ERROR,
};
export const maxProcessing: Argument = integer(["0", "0", "1", "2"]);
export const attempts: Argument = integer(["0", "1", "2", "65535"], "65536");
export const length: Argument = integer(["0", "1", "3", "1000000"]);
export const leaseField: Argument = { good: fc.constantFrom("lease", "LEASE"), usual: "lease" };
export const state: Argument = {
  good: fc.constantFrom("ready", "processing", "delayed", "blocked"),
  bad: ["", "dead", "x"],
  error: SYNTAX_ERROR,
};
export const cursor: Argument = {
  good: fc.constant("0"),
  bad: ["", "x", "-1", "\0\xff", "x".repeat(5000)],
  error: "-ERR invalid cursor",
};
/** Patterns, and what they match. */
export const PATTERNS: Record<string, (id: string) => boolean> = {
  "*": () => true,
  "[0-4]": (id) => /^[0-4]$/.test(id),
  "?": (id) => id.length === 1,
  "i*i": (id) => id.length > 1 && id.startsWith("i") && id.endsWith("i"),
};
export const pattern: Argument = { good: fc.constantFrom(...Object.keys(PATTERNS)) };
/** Receipts that match no delivery. */
export const invalidReceipt: Argument = { good: fc.oneof(byteStrings(0, 30), fc.constantFrom("0-1", "r".repeat(100))) };
export const timetable: Argument = {
  good: fc.constantFrom("a", "b", "\xff\0\r\n", "n".repeat(128)),
  bad: ["", "n".repeat(129)],
  error: "-ERR timetable name must be 1 to 128 bytes long",
};
/** No run comes to one of its times. */
export const expression: Argument = {
  good: fc.constantFrom("0 0 29 2 *", " 59  23 29\tFEB * "),
  usual: "0 0 29 2 *",
  bad: ["", "* * * *", "* * * * * *", "@daily", "60 * * * *", "0 0 30 2 *", "0 0 29 2 \xff", "*".repeat(129)],
  error: "-ERR cron expression …",
};
/** In lower case, as options may be sent. */
export const zone: Argument = {
  good: fc.constantFrom("utc", "europe/berlin", "america/st_johns"),
  bad: ["", "x", "+02:00", "Europe/Berlin ", "z".repeat(200_000)],
  error: "-ERR time zone '…",
};
