/**
 * Tests of clients with a server that knows no QCLAIM, QNACK and QTOUCH: okq behind a relay that makes it say so.
 *
 * @module
 */
import type { StoreUnderTest } from "../support/stores.ts";
import { Tap } from "./tap.ts";

/** What old servers do not know. */
export const NEW_COMMANDS = ["QCLAIM", "QNACK", "QTOUCH"];

/** Declares tests in which `addr` is that of an old server; `connect` leads past the relay. */
export function withOldServer(test: StoreUnderTest["test"]): StoreUnderTest["test"] {
  return (name, body, options) =>
    test(`${name}, with an old server`, async (okq) => {
      await using tap = new Tap(okq.addr, NEW_COMMANDS);
      await body({ ...okq, addr: tap.addr });
    }, options);
}
