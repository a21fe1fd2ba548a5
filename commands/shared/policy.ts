/**
 * The fields of QCONFIG, times in seconds.
 *
 * @module
 */
import { POLICY_FIELDS } from "../../core/policy_fields.ts";
import type { Reply } from "../../resp/reply.ts";
import { deadQueueOf, type Policy } from "../../store/policy.ts";
import { listedFields, readOptions } from "./arguments.ts";

const OPTIONS = Object.fromEntries(
  Object.entries(POLICY_FIELDS).map(([name, { read }]) => [name.toUpperCase(), read]),
);

/** Fields that are not given are absent in the result. */
export function readPolicy(argv: Uint8Array[], from: number): Partial<Policy> {
  const fields = Object.entries(readOptions(argv, from, OPTIONS, listedFields));
  return Object.fromEntries(fields.map(([name, value]) => [POLICY_FIELDS[name.toLowerCase()].key, value]));
}

/** Defaults included. */
export function policyReply(queue: Uint8Array, policy: Policy): Map<string, Reply> {
  return new Map(
    Object.entries(POLICY_FIELDS).map(([name, { key, kind }]) => {
      const value = policy[key] ?? deadQueueOf(queue);
      return [name, typeof value === "number" ? `${kind === "seconds" ? value / 1000 : value}` : value];
    }),
  );
}
