/**
 * The kinds of arguments that commands have: good ones, and bad ones with what is answered to them.
 *
 * @module
 */
import { fc } from "../../tests/deps.ts";
import { latin1 } from "../../tests/support/wire.ts";

/** A kind of argument. */
export interface Kind {
  /** Makes good ones; a queue is a number that the run gives a name. */
  good: fc.Arbitrary<string | number>;
  /** One that is right beside any other arguments; "1" by default. */
  usual?: string | number;
  /** How many there may be, one after the other; 1 by default. */
  repeat?: readonly [min: number, max: number];
  /** Bad ones, and the error. `%` in it is the name of the argument or option. */
  bad?: readonly (readonly [value: string, error: string])[];
}

const binary = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((some) => latin1(some));

/** How many queues a run has, for each of which any command may ask. */
export const QUEUES = 3;

const QUEUE_ERROR = "ERR queue name must be 1 to 512 bytes long";
const ID_ERROR = "ERR event id must be 1 to 1024 bytes long";
const SECONDS_ERROR = "ERR value is not an integer or out of range '%'";
const BAD_SECONDS = ["", "-1", "x", "1e3", "Infinity", "NaN", " 1", "1 ", "0x10", "31536000001", "1".repeat(70), "1,5"];

/** A queue's name. */
export const queue: Kind = {
  usual: 0,
  good: fc.nat({ max: QUEUES - 1 }),
  bad: [["", QUEUE_ERROR], ["q".repeat(513), QUEUE_ERROR]],
};

/** Another queue's name. */
export const destination: Kind = { ...queue, usual: 1 };

/** Some queues' names. */
export const queues: Kind = { ...queue, repeat: [1, 4] };

/** An event's id: one of few most of the time, so that they meet. */
export const id: Kind = {
  good: fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 5 }).map(String) },
    { weight: 1, arbitrary: binary(1, 40) },
    { weight: 1, arbitrary: fc.constantFrom("\0", "\r\n", "i".repeat(1024)) },
  ),
  bad: [["", ID_ERROR], ["i".repeat(1025), ID_ERROR]],
};

/** What an event holds. */
export const contents: Kind = {
  good: fc.oneof(
    { weight: 9, arbitrary: binary(0, 20) },
    { weight: 2, arbitrary: fc.constantFrom("+OK\r\n", "$-1\r\n", "*1\r\n", "\r\n") },
    { weight: 1, arbitrary: fc.nat({ max: 5000 }).map((size) => "c".repeat(size)) },
    { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 200_000).map((size) => "C".repeat(size)) },
  ),
};

/** A text that comes back. */
export const message: Kind = { good: fc.oneof(binary(0, 20), fc.constant("")) };

/** How long a lease lasts, in seconds: for good, or not at all. */
export const lease: Kind = {
  good: fc.constantFrom("600", "600.5", "0", "00", "0.0", "31536000000"),
  bad: BAD_SECONDS.map((text) => [text, SECONDS_ERROR]),
};

/** The same, but not for no time. */
export const longLease: Kind = { ...lease, usual: "600", good: fc.constantFrom("600", "600.5", "31536000000") };

/** How long an event is kept back, in seconds: for good, or not at all. */
export const delay: Kind = { ...lease, good: fc.constantFrom("0", "0.0", "600", "31536000000") };

/** How long an event may wait, in seconds: for good. */
export const lifetime: Kind = { ...longLease, bad: [...BAD_SECONDS, "0"].map((text) => [text, SECONDS_ERROR]) };

/** How many events to take at the most. */
export const count: Kind = {
  good: fc.constantFrom("1", "2", "3", "1000", "1000000"),
  bad: ["0", "-1", "", "x", "1.5", "01", "1e3", " 1"].map((text) => [text, SECONDS_ERROR]),
};

/** After how many failures an event goes to the dead queue. */
export const attempts: Kind = {
  good: fc.constantFrom("0", "1", "2", "65535"),
  bad: ["65536", "-1", "", "x", "1.5", "01"].map((text) => [text, SECONDS_ERROR]),
};

/** How many events a queue may hold. */
export const length: Kind = {
  good: fc.constantFrom("0", "1", "3", "1000000"),
  bad: ["-1", "", "x", "1.5", "01"].map((text) => [text, SECONDS_ERROR]),
};

/** The field of a policy that says how long a lease lasts. */
export const fieldLease: Kind = { usual: "lease", good: fc.constantFrom("lease", "LEASE") };

/** How long a pause lasts, in seconds: for good, or until it is ended. */
export const pauseTime: Kind = {
  good: fc.constantFrom("600", "31536000000"),
  repeat: [0, 1],
  bad: [...BAD_SECONDS, "0"].map((text) => [text, SECONDS_ERROR]),
};

/** A state of events. */
export const state: Kind = {
  good: fc.constantFrom("ready", "processing", "delayed"),
  bad: ["", "dead", "x"].map((text) => [text, "ERR syntax error"]),
};

/** Where a list begins. */
export const cursor: Kind = {
  good: fc.constant("0"),
  bad: ["", "x", "-1", "\0\xff", "x".repeat(5000)].map((text) => [text, "ERR invalid cursor"]),
};

/** What names no delivery. */
export const noReceipt: Kind = { good: fc.oneof(binary(0, 30), fc.constantFrom("0-1", "r".repeat(100))) };

/** Seconds that are long enough for a look at a queue, on a machine that is busy with other things. */
export const LONG_ENOUGH = 1;

/** How long to wait, in seconds. */
export const wait: Kind = {
  good: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom("0", "0.01", ".005", "0.") },
    { weight: 1, arbitrary: fc.constant(`${LONG_ENOUGH}`) },
  ),
  bad: BAD_SECONDS.map((text) => [text, SECONDS_ERROR]),
};
