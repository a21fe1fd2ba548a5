/**
 * Sending in pieces, as networks do.
 *
 * @module
 */
import type { Wire } from "../../tests/support/wire.ts";

/** Sends all of it, cut at these places, each piece in a packet of its own as far as that can be had. */
export async function send(wire: Wire, parts: Uint8Array[], cuts: number[]): Promise<void> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  const places = [...new Set(cuts.filter((cut) => cut < whole.length))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, whole.length]) {
    await wire.raw(whole.subarray(from, place));
    from = place;
    if (places.length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
