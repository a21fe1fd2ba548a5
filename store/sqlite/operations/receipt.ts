/**
 * Receipts: the push time of the event, its `seq`, the attempt. A `seq` is reused only after a restart, so no two
 * events that ever have the same id share the first two.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import type { Delivery } from "../tables/event_table.ts";

const encoder = new TextEncoder();

function receiptText(pushedAt: number, seq: number, failures: number): string {
  return `${pushedAt.toString(36)}-${seq.toString(36)}-${failures + 1}`;
}

export function makeReceipt(pushedAt: number, seq: number, failures: number): Uint8Array {
  return encoder.encode(receiptText(pushedAt, seq, failures));
}

/** Whether a receipt is that of the current delivery. */
export function isReceipt(receipt: Uint8Array, seq: number, [pushedAt, failures]: Delivery): boolean {
  return keyOf(receipt) === receiptText(pushedAt, seq, failures);
}
