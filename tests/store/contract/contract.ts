/**
 * The tests of every store: what `store/store.ts` says, sentence by sentence.
 *
 * @module
 */
import { type OpenStore, Suite } from "./suite.ts";
import { ackAllTests } from "./ack_all.ts";
import { buryTests } from "./bury.ts";
import { claimBytesTests } from "./claim_bytes.ts";
import { consistencyTests } from "./consistency.ts";
import { deadLetterTests } from "./dead_letters.ts";
import { deliveryTests } from "./deliveries.ts";
import { getTests } from "./get.ts";
import { eventTests } from "./events.ts";
import { queueTests } from "./queues.ts";
import { delayTests } from "./delays.ts";
import { groupLimitTests } from "./group_limits.ts";
import { groupTests } from "./groups.ts";
import { leaseTests } from "./leases.ts";
import { limitTests } from "./limits.ts";
import { listTests } from "./list.ts";
import { metaTests } from "./meta.ts";
import { modelTests } from "./model.ts";
import { moveTests } from "./move.ts";
import { pauseTests } from "./pause.ts";
import { policyTests } from "./policy.ts";
import { pushAllTests } from "./push_all.ts";
import { rememberTests } from "./remember.ts";
import { statusTests } from "./status.ts";
import { concurrencyTests } from "./concurrency.ts";
import { timetableTests } from "./timetables.ts";
import { watchTests } from "./watch.ts";

/**
 * Declares the tests of a store. They may share one database: each test has queues of its own.
 *
 * @param name the beginning of the name of each test
 * @param open opens the store for one test, which closes it
 */
export function storeContract(name: string, open: OpenStore): void {
  const suite = new Suite(name, open);
  eventTests(suite);
  leaseTests(suite);
  deliveryTests(suite);
  claimBytesTests(suite);
  delayTests(suite);
  queueTests(suite);
  watchTests(suite);
  concurrencyTests(suite);
  policyTests(suite);
  deadLetterTests(suite);
  buryTests(suite);
  moveTests(suite);
  pauseTests(suite);
  listTests(suite);
  getTests(suite);
  statusTests(suite);
  groupTests(suite);
  groupLimitTests(suite);
  metaTests(suite);
  pushAllTests(suite);
  ackAllTests(suite);
  rememberTests(suite);
  limitTests(suite);
  timetableTests(suite);
  modelTests(suite);
  consistencyTests(suite);
}

/** Declares those of the tests that together use every operation: for a second way to code that passes all of them. */
export function storeOperations(name: string, open: OpenStore): void {
  const suite = new Suite(name, open);
  eventTests(suite);
  concurrencyTests(suite);
  timetableTests(suite);
  modelTests(suite);
}
