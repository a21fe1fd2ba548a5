/**
 * The fields of QCONFIG, times in seconds.
 *
 * @module
 */
import type { Reply } from "../../resp/reply.ts";
import { MAX_FAILURES, MAX_GROUP_LIMIT, MAX_RATE, MAX_REMEMBER_MS, MIN_RATE } from "../../store/limits.ts";
import { deadQueueOf, type Policy } from "../../store/policy.ts";
import {
  decimal,
  listedFields,
  milliseconds,
  type OptionReader,
  outOfRange,
  queueName,
  readOptions,
  wholeNumber,
} from "./arguments.ts";

const FIELDS = {
  "MAX-ATTEMPTS": upTo(MAX_FAILURES),
  "DEAD-QUEUE": (name: Uint8Array) => queueName(name).slice(),
  "BACKOFF": milliseconds,
  "BACKOFF-MAX": milliseconds,
  "MAX-LENGTH": upTo(Number.MAX_SAFE_INTEGER),
  "LEASE": leaseTime,
  "GROUP-LIMIT": from(1, MAX_GROUP_LIMIT),
  "REMEMBER": rememberTime,
  "MAX-PROCESSING": upTo(Number.MAX_SAFE_INTEGER),
  "RATE": rate,
};

/** Fields that are not given are absent in the result. */
export function readPolicy(argv: Uint8Array[], from: number): Partial<Policy> {
  const fields = readOptions(argv, from, FIELDS, listedFields);
  const change: Partial<Policy> = {
    maxAttempts: fields["MAX-ATTEMPTS"],
    deadQueue: fields["DEAD-QUEUE"],
    backoffMs: fields.BACKOFF,
    backoffMaxMs: fields["BACKOFF-MAX"],
    maxLength: fields["MAX-LENGTH"],
    leaseMs: fields.LEASE,
    groupLimit: fields["GROUP-LIMIT"],
    rememberMs: fields.REMEMBER,
    maxProcessing: fields["MAX-PROCESSING"],
    rate: fields.RATE,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** Defaults included. */
export function policyReply(queue: Uint8Array, policy: Policy): Map<string, Reply> {
  return new Map<string, Reply>([
    ["max-attempts", `${policy.maxAttempts}`],
    ["dead-queue", policy.deadQueue ?? deadQueueOf(queue)],
    ["backoff", seconds(policy.backoffMs)],
    ["backoff-max", seconds(policy.backoffMaxMs)],
    ["max-length", `${policy.maxLength}`],
    ["lease", seconds(policy.leaseMs)],
    ["group-limit", `${policy.groupLimit}`],
    ["remember", seconds(policy.rememberMs)],
    ["max-processing", `${policy.maxProcessing}`],
    ["rate", `${policy.rate}`],
  ]);
}

function seconds(ms: number): string {
  return `${ms / 1000}`;
}

function upTo(max: number): OptionReader<number> {
  return from(0, max);
}

function from(min: number, max: number): OptionReader<number> {
  return (bytes, name) => {
    const number = wholeNumber(bytes) ?? -1;
    if (number < min || number > max) throw outOfRange(name);
    return number;
  };
}

function rememberTime(bytes: Uint8Array, name: string): number {
  const ms = milliseconds(bytes, name);
  if (ms > MAX_REMEMBER_MS) throw outOfRange(name);
  return ms;
}

function rate(bytes: Uint8Array, name: string): number {
  const rate = decimal(bytes);
  if (rate === 0 || (rate >= MIN_RATE && rate <= MAX_RATE)) return rate;
  throw outOfRange(name);
}

/** Refuses 0, which would remove every popped event: a consumer must request that itself (EX 0). */
function leaseTime(bytes: Uint8Array, name: string): number {
  const ms = milliseconds(bytes, name);
  if (ms === 0) throw outOfRange(name);
  return ms;
}
