/**
 * Random sequences of operations, compared with a model.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import type { Side, Store } from "../../../store/store.ts";
import { assert, fc } from "../../deps.ts";
import { modelContents, type ModelEvent, modelIds, ModelQueue } from "../../support/model_queue.ts";
import { bytes } from "../../support/wire.ts";
import { newQueue, shown, type Suite } from "./suite.ts";

/** Text or a number, which can be compared. */
type Result = Promise<unknown>;

/** An operation. `queue` is an index. */
type Operation =
  | { op: "push"; queue: number; id: Uint8Array; contents: Uint8Array; side: Side; delayMs: number; ttlMs: number }
  | { op: "peek"; queue: number; side: Side }
  | { op: "pop"; queue: number; leaseMs: number }
  | { op: "claim"; queue: number; count: number; leaseMs: number }
  | { op: "ack" | "redo"; queue: number; id: Uint8Array }
  | { op: "nack"; queue: number; id: Uint8Array; delayMs: number }
  | { op: "touch"; queue: number; id: Uint8Array }
  | { op: "flush" | "ready" | "status"; queue: number };

/** Applies an operation to the model. */
function expected(queue: ModelQueue, operation: Operation): unknown {
  const shownEvent = (event: ModelEvent | undefined) => event === undefined ? "nil" : event.join("=");
  switch (operation.op) {
    case "push":
      return queue.push(keyOf(operation.id), keyOf(operation.contents), operation.side, operation.delayMs);
    case "peek":
      return shownEvent(queue.peek(operation.side));
    case "pop":
      return shownEvent(queue.pop(operation.leaseMs));
    case "claim":
      return queue.claim(operation.count, operation.leaseMs).map(({ event, attempt }) =>
        `${shownEvent(event)} ${attempt}`
      );
    case "nack":
      return queue.nack(keyOf(operation.id), operation);
    case "touch":
      return queue.isLeased(keyOf(operation.id)) ? 1 : 0;
    case "ack":
    case "redo":
      return queue[operation.op](keyOf(operation.id));
    case "flush":
      return queue.flush();
    case "ready":
      return queue.ready;
    case "status":
      return `${queue.total}/${queue.processing}`;
  }
}

function apply(store: Store, queues: Uint8Array[], operation: Operation): Result {
  const queue = queues[operation.queue];
  switch (operation.op) {
    case "push":
      return store.push(queue, operation.id, operation.contents, operation.side, operation);
    case "peek":
      return store.peek(queue, operation.side).then(shown);
    case "pop":
      return store.pop(queue, operation.leaseMs).then(shown);
    case "claim":
      return store.claim(queue, operation.count, operation.leaseMs)
        .then((claimed) => claimed.map((event) => `${shown(event)} ${event.attempt}`));
    case "nack":
      return store.nack(queue, operation.id, undefined, operation);
    case "touch":
      return store.touch(queue, operation.id, LONG_MS);
    case "ack":
    case "redo":
      return store[operation.op](queue, operation.id);
    case "flush":
    case "ready":
      return store[operation.op](queue);
    case "status":
      return store.status(queue).then(({ total, processing }) => `${total}/${processing}`);
  }
}

/** Longer than a test. */
const LONG_MS = 600_000;

const long = fc.constantFrom(0, 0, LONG_MS);
const queue = fc.nat({ max: 1 });
const side = fc.constantFrom<Side>("left", "right");
const id = modelIds.map(bytes);
const contents = modelContents.map(bytes);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("push" as const),
      queue,
      id,
      contents,
      side,
      delayMs: fc.constant(0),
      ttlMs: fc.constant(0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("push" as const), queue, id, contents, side, delayMs: long, ttlMs: long }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("peek" as const), queue, side }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("pop" as const), queue, leaseMs: fc.constantFrom(0, LONG_MS) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("claim" as const),
      queue,
      count: fc.integer({ min: 1, max: 4 }),
      leaseMs: fc.constantFrom(0, LONG_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("nack" as const), queue, id, delayMs: long }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("touch" as const), queue, id }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom("ack" as const, "redo" as const), queue, id }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom("flush" as const, "ready" as const, "status" as const), queue }),
  },
);

/** Turns of the event loop, each with its operations. */
const turns = fc.array(fc.array(operation, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 25 });

/** Redis removes events from the middle of lists of this length in another way than from short ones. */
const LONG_QUEUE = 1_500;

export function modelTests(suite: Suite): void {
  const compare = (store: Store, filled: number, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(turns, async (turns) => {
        const queues = [newQueue(), newQueue()];
        const model = queues.map(() => new ModelQueue());
        for (const [i, queue] of queues.entries()) {
          const ids = Array.from({ length: filled }, (_, j) => `filler-${j}`);
          for (const id of ids) model[i].push(id, id, "left", 0);
          await Promise.all(ids.map((id) => store.push(queue, bytes(id), bytes(id), "left")));
        }
        for (const operations of turns) {
          const results = await Promise.all(operations.map((operation) => apply(store, queues, operation)));
          assert.deepEqual(results, operations.map((operation) => expected(model[operation.queue], operation)));
        }
        for (const [i, queue] of queues.entries()) {
          const left = await Promise.all(Array.from({ length: model[i].ready + 1 }, () => store.pop(queue, 0)));
          const order = left.map(() => model[i].pop(0));
          assert.deepEqual(left.map(shown), order.map((event) => event === undefined ? "nil" : event.join("=")));
          await store.flush(queue);
        }
      }),
      { numRuns },
    );
  suite.test("any sequence of operations has the results of the model", (store) => compare(store, 0, 100));
  suite.test("any sequence of operations on long queues has the results of the model", (store) =>
    compare(store, LONG_QUEUE, 25));
}
