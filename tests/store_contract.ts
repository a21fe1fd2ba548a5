/**
 * What every store must do, sentence by sentence of `store/store.ts`.
 *
 * @module
 */
import type { Store } from "../store/store.ts";
import { Suite } from "./store/contract/suite.ts";
import { checkTests } from "./store/contract/check.ts";
import { deadLetterTests } from "./store/contract/dead_letters.ts";
import { deliveryTests } from "./store/contract/deliveries.ts";
import { detailTests } from "./store/contract/details.ts";
import { eventTests } from "./store/contract/events.ts";
import { figureTests } from "./store/contract/figures.ts";
import { laterTests } from "./store/contract/later.ts";
import { leaseTests } from "./store/contract/leases.ts";
import { listTests } from "./store/contract/listing.ts";
import { modelTests } from "./store/contract/model.ts";
import { moveTests } from "./store/contract/moving.ts";
import { pauseTests } from "./store/contract/pausing.ts";
import { policyTests } from "./store/contract/policies.ts";
import { statusTests } from "./store/contract/status.ts";
import { turnTests } from "./store/contract/turns.ts";
import { watchTests } from "./store/contract/watch.ts";

/**
 * Declares the tests of a store. Several stores may share what `open` opens: each test has queues of its own.
 *
 * @param name stands in front of each test's name
 * @param open opens the store for one test, which closes it
 */
export function storeContract(name: string, open: () => Promise<Store>): void {
  const suite = new Suite(name, open);
  eventTests(suite);
  leaseTests(suite);
  deliveryTests(suite);
  laterTests(suite);
  figureTests(suite);
  watchTests(suite);
  turnTests(suite);
  policyTests(suite);
  deadLetterTests(suite);
  moveTests(suite);
  pauseTests(suite);
  listTests(suite);
  detailTests(suite);
  statusTests(suite);
  modelTests(suite);
  checkTests(suite);
}
