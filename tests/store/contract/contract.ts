/**
 * What every store must do, sentence by sentence of `store/store.ts`.
 *
 * @module
 */
import type { Store } from "../../../store/store.ts";
import { Suite } from "./suite.ts";
import { checkTests } from "./check.ts";
import { deadLetterTests } from "./dead_letters.ts";
import { deliveryTests } from "./deliveries.ts";
import { detailTests } from "./details.ts";
import { eventTests } from "./events.ts";
import { figureTests } from "./figures.ts";
import { laterTests } from "./later.ts";
import { leaseTests } from "./leases.ts";
import { listTests } from "./listing.ts";
import { modelTests } from "./model.ts";
import { moveTests } from "./moving.ts";
import { pauseTests } from "./pausing.ts";
import { policyTests } from "./policies.ts";
import { statusTests } from "./status.ts";
import { turnTests } from "./turns.ts";
import { watchTests } from "./watch.ts";

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
