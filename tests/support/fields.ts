/**
 * Reads replies that are maps.
 *
 * @module
 */
import { assert } from "../deps.ts";
import type { Shown } from "./wire.ts";

/** A map of RESP3, or its flat array of RESP2, as an object. */
export function fields(reply: Shown): Record<string, Shown> {
  if (reply instanceof Map) return Object.fromEntries(reply);
  assert.ok(Array.isArray(reply) && reply.length % 2 === 0, `fields: ${JSON.stringify(reply)}`);
  return Object.fromEntries(Array.from({ length: reply.length / 2 }, (_, i) => [`${reply[2 * i]}`, reply[2 * i + 1]]));
}
