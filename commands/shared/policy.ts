/**
 * A queue's policy as clients see it: fields with values that are text, times in seconds.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import { deadQueueOf, type Policy } from "../../store/policy.ts";
import { milliseconds, type OptionReader, outOfRange, queueName, readOptions, wholeNumber } from "./arguments.ts";

/** The most attempts that can be asked for: as far as they are counted. */
const MAX_ATTEMPTS = 65_535;

const FIELDS = {
  "MAX-ATTEMPTS": upTo(MAX_ATTEMPTS),
  "DEAD-QUEUE": (name: Uint8Array) => queueName(name).slice(),
  "BACKOFF": milliseconds,
  "BACKOFF-MAX": milliseconds,
  "MAX-LENGTH": upTo(Number.MAX_SAFE_INTEGER),
  "LEASE": leaseTime,
};

/**
 * What a client says of a queue: fields with their values, from `from` on.
 * @throws {CommandError} for a field that there is not, or is given twice, and for a value that it cannot have
 */
export function readPolicy(argv: Uint8Array[], from: number): Partial<Policy> {
  const given = readOptions(argv, from, FIELDS);
  const change: Partial<Policy> = {
    maxAttempts: given["MAX-ATTEMPTS"],
    deadQueue: given["DEAD-QUEUE"],
    backoffMs: given.BACKOFF,
    backoffMaxMs: given["BACKOFF-MAX"],
    maxLength: given["MAX-LENGTH"],
    leaseMs: given.LEASE,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** All fields of a queue's policy. */
export function policyReply(queue: Uint8Array, policy: Policy): Map<string, Reply> {
  return new Map<string, Reply>([
    ["max-attempts", `${policy.maxAttempts}`],
    ["dead-queue", policy.deadQueue ?? deadQueueOf(queue)],
    ["backoff", seconds(policy.backoffMs)],
    ["backoff-max", seconds(policy.backoffMaxMs)],
    ["max-length", `${policy.maxLength}`],
    ["lease", seconds(policy.leaseMs)],
  ]);
}

function seconds(ms: number): string {
  return `${ms / 1000}`;
}

function upTo(most: number): OptionReader<number> {
  return (bytes, name) => {
    const number = wholeNumber(bytes) ?? -1;
    if (number < 0 || number > most) throw outOfRange(name);
    return number;
  };
}

/** A lease for no time would remove every event that is popped, which only who pops it may ask for. */
function leaseTime(bytes: Uint8Array, name: string): number {
  const ms = milliseconds(bytes, name);
  if (ms === 0) throw outOfRange(name);
  return ms;
}
