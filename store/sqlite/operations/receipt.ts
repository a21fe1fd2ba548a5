/**
 * Receipts of deliveries: when the event was pushed, its row, the attempt. Rows have numbers that come again only after a
 * restart, so that no two events that ever have the same id share the first two.
 *
 * @module
 */
import { keyOf } from "../../bytes.ts";
import type { Delivery } from "../tables/event_table.ts";

const encoder = new TextEncoder();

function textOf(arrived: number, seq: number, failures: number): string {
  return `${arrived.toString(36)}-${seq.toString(36)}-${failures + 1}`;
}

/** The receipt of a delivery, as clients get it. */
export function makeReceipt(arrived: number, seq: number, failures: number): Uint8Array {
  return encoder.encode(textOf(arrived, seq, failures));
}

/** Whether a receipt is that of the current delivery of a row. */
export function isReceipt(receipt: Uint8Array, seq: number, [arrived, failures]: Delivery): boolean {
  return keyOf(receipt) === textOf(arrived, seq, failures);
}
