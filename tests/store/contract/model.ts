/**
 * Random sequences of operations, compared with a model.
 *
 * @module
 */
import { keyOf } from "../../../store/bytes.ts";
import { MIN_RATE } from "../../../store/limits.ts";
import type { Claimed, Side, Store } from "../../../store/store.ts";
import { assert, fc } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import {
  modelContents,
  type ModelEvent,
  modelGroups,
  modelIds,
  modelMeta,
  ModelQueue,
} from "../../support/model_queue.ts";
import { bytes } from "../../support/wire.ts";
import { newQueue, shown, type Suite } from "./suite.ts";

/** Text or a number, which can be compared. */
type Result = Promise<unknown>;

interface Options {
  delayMs: number;
  ttlMs: number;
  group?: string;
  meta?: string;
}

/** An operation. `queue` is an index. */
type Operation =
  | { op: "push"; queue: number; id: string; contents: string; side: Side; options: Options }
  | { op: "pushAll"; queue: number; events: ModelEvent[]; side: Side; options: Options }
  | { op: "peek"; queue: number; side: Side }
  | { op: "pop"; queue: number; leaseMs: number }
  | { op: "claim"; queue: number; count: number; leaseMs: number }
  | { op: "ack" | "redo" | "get"; queue: number; id: string }
  | { op: "ackAll"; queue: number; ids: string[] }
  | { op: "nack"; queue: number; id: string; delayMs: number }
  | { op: "touch"; queue: number; id: string }
  | { op: "limit"; queue: number; change: { maxProcessing: number; rate: number } }
  | { op: "flush" | "ready" | "status"; queue: number };

/** Operations of one turn of the event loop, or a change of groupLimit, which takes effect in later steps. */
type Turn = Operation[] | { queue: number; groupLimit: number };

/** A queue of the store beside its model. */
class Pair {
  readonly name = newQueue();
  readonly model: ModelQueue = new ModelQueue();
  /** Of the last claim of each id before this turn. */
  readonly #receipts = new Map<string, { claim: Operation; receipt: Uint8Array }>();
  /** The operation that delivered each id last. */
  readonly #deliveries = new Map<string, Operation>();

  /** Applies an operation to the model. */
  expected(operation: Operation): unknown {
    const { model } = this;
    const shownEvent = (event: ModelEvent | undefined) => event === undefined ? "nil" : event.join("=");
    switch (operation.op) {
      case "push":
        return model.push(operation.id, operation.contents, operation.side, operation.options);
      case "pushAll":
        return model.pushAll(operation.events, operation.side, operation.options);
      case "peek":
        return shownEvent(model.peek(operation.side));
      case "pop": {
        const event = model.pop(operation.leaseMs);
        if (event !== undefined) this.#deliveries.set(event[0], operation);
        return shownEvent(event);
      }
      case "claim":
        return model.claim(operation.count, operation.leaseMs).map(({ event, attempt, group, meta }) => {
          this.#deliveries.set(event[0], operation);
          return `${shownEvent(event)} ${attempt} ${group ?? ""} ${meta ?? ""}`;
        });
      case "nack":
        return model.nack(operation.id, operation);
      case "touch":
        return model.isLeased(operation.id) ? 1 : 0;
      case "ack":
      case "redo":
        return model[operation.op](operation.id);
      case "ackAll": {
        const current = operation.ids.filter((id) => {
          const claim = this.#receipts.get(id)?.claim;
          return claim !== undefined && claim === this.#deliveries.get(id) && model.isLeased(id) && model.ack(id) > 0;
        });
        return current.length;
      }
      case "get": {
        const event = model.event(operation.id);
        if (event === undefined) return model.remembers(operation.id) ? "done" : "nil";
        const { state, attempts, contents, group, meta } = event;
        return [state, attempts, contents, group ?? null, meta ?? null].join();
      }
      case "limit":
        return model.setPolicy(operation.change);
      case "flush":
        return model.flush();
      case "ready":
        return model.ready;
      case "status": {
        const { total, processing, delayed, blocked, limited } = model;
        return [total, processing, delayed, blocked, limited].join();
      }
    }
  }

  apply(store: Store, operation: Operation): Result {
    const { name } = this;
    switch (operation.op) {
      case "push":
        return store.push(name, bytes(operation.id), bytes(operation.contents), operation.side, inBytes(operation));
      case "pushAll": {
        const events = operation.events.map(([id, contents]) => ({ id: bytes(id), contents: bytes(contents) }));
        return store.pushAll(name, events, operation.side, inBytes(operation)).then((id) => id && keyOf(id));
      }
      case "peek":
        return store.peek(name, operation.side).then(shown);
      case "pop":
        return store.pop(name, operation.leaseMs).then(shown);
      case "claim":
        return store.claim(name, operation.count, operation.leaseMs);
      case "nack":
        return store.nack(name, bytes(operation.id), undefined, operation);
      case "touch":
        return store.touch(name, bytes(operation.id), LONG_MS);
      case "ack":
      case "redo":
        return store[operation.op](name, bytes(operation.id));
      case "ackAll": {
        const deliveries = operation.ids.map((id) => ({
          id: bytes(id),
          receipt: this.#receipts.get(id)?.receipt ?? bytes("x"),
        }));
        return store.ackAll(name, deliveries);
      }
      case "get":
        return store.get(name, bytes(operation.id)).then((event) => {
          if (event === null || event.state === "done") return event?.state ?? "nil";
          const { state, attempts, contents, group, meta } = event;
          return [state, attempts, keyOf(contents), group && keyOf(group), meta && keyOf(meta)].join();
        });
      case "limit":
        return store.setPolicy(name, operation.change);
      case "flush":
      case "ready":
        return store[operation.op](name);
      case "status":
        return store.status(name).then(({ total, processing, delayed, blocked, limited }) =>
          [total, processing, delayed, blocked, limited].join()
        );
    }
  }

  /** Returns claims as text, and keeps their receipts for later turns. */
  read(operation: Operation, result: unknown): unknown {
    if (operation.op !== "claim") return result;
    return (result as Claimed[]).map((event) => {
      const { id, attempt, group, meta, receipt } = event;
      this.#receipts.set(keyOf(id), { claim: operation, receipt });
      return `${shown(event)} ${attempt} ${group ? keyOf(group) : ""} ${meta ? keyOf(meta) : ""}`;
    });
  }

  /** Sets groupLimit, unless a group has more events that are ready or leased, and waits for its effect. */
  async setGroupLimit(store: Store, groupLimit: number): Promise<void> {
    if (groupLimit < this.model.mostPlaces) return;
    this.model.setPolicy({ groupLimit });
    await store.setPolicy(this.name, { groupLimit });
    const model = new ModelQueue(this.model);
    await eventually(async () => {
      const ready = (await this.#ready(store)).reverse();
      if (new ModelQueue(model).raise(ready)) return this.model.raise(ready);
      await store.reclaim();
      return false;
    });
  }

  /** The ids of the ready events, in the order of their deliveries. */
  async #ready(store: Store): Promise<string[]> {
    const ids: string[] = [];
    let cursor = "0";
    do {
      const page = await store.list(this.name, "ready", cursor, 250);
      ids.push(...page.events.map(({ id }) => keyOf(id)));
      cursor = page.cursor;
    } while (cursor !== "0");
    return ids;
  }
}

function inBytes({ options }: { options: Options }) {
  const { group, meta, ...times } = options;
  return { ...times, group: group === undefined ? group : bytes(group), meta: meta === undefined ? meta : bytes(meta) };
}

/** Longer than a test. */
const LONG_MS = 600_000;

const long = fc.constantFrom(0, 0, LONG_MS);
const queue = fc.nat({ max: 1 });
const side = fc.constantFrom<Side>("left", "right");
const id = modelIds;
const contents = modelContents;
const group = fc.option(modelGroups, { nil: undefined });
const meta = fc.option(modelMeta, { nil: undefined });
const options: fc.Arbitrary<Options> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ delayMs: fc.constant(0), ttlMs: fc.constant(0) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      delayMs: fc.constant(0),
      ttlMs: fc.constant(0),
      group: modelGroups,
      meta: fc.constant(undefined),
    }),
  },
  { weight: 2, arbitrary: fc.record({ delayMs: long, ttlMs: long, group, meta }) },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ op: fc.constant("push" as const), queue, id, contents, side, options }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("pushAll" as const),
      queue,
      events: fc.array(fc.tuple(id, contents), { minLength: 1, maxLength: 4 }),
      side,
      options,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("peek" as const), queue, side }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("pop" as const), queue, leaseMs: fc.constantFrom(0, LONG_MS) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant("claim" as const),
      queue,
      count: fc.integer({ min: 1, max: 4 }),
      leaseMs: fc.constantFrom(0, LONG_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("nack" as const), queue, id, delayMs: long }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("touch" as const), queue, id }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom("ack" as const, "redo" as const), queue, id }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("get" as const), queue, id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("ackAll" as const),
      queue,
      ids: fc.array(id, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("limit" as const),
      queue,
      change: fc.record({ maxProcessing: fc.constantFrom(0, 0, 1, 3), rate: fc.constantFrom(0, 0, 0, MIN_RATE) }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom("flush" as const, "ready" as const, "status" as const), queue }),
  },
);

const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Turn>[]>(
    { weight: 8, arbitrary: fc.array(operation, { minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.record({ queue, groupLimit: fc.integer({ min: 1, max: 3 }) }) },
  ),
  { minLength: 1, maxLength: 25 },
);

/** Redis removes events from the middle of lists of this length in another way than from short ones. */
const LONG_QUEUE = 1_500;

/** The second queue remembers ids. */
const POLICIES = [{}, { rememberMs: LONG_MS }];

export function modelTests(suite: Suite): void {
  const compare = (store: Store, filled: number, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(turns, async (turns) => {
        const pairs = POLICIES.map(() => new Pair());
        for (const [i, { name, model }] of pairs.entries()) {
          model.setPolicy(POLICIES[i]);
          await store.setPolicy(name, POLICIES[i]);
          const ids = Array.from({ length: filled }, (_, j) => `filler-${j}`);
          for (const id of ids) model.push(id, id, "left");
          await Promise.all(ids.map((id) => store.push(name, bytes(id), bytes(id), "left")));
        }
        for (const turn of turns) {
          if (!Array.isArray(turn)) {
            await pairs[turn.queue].setGroupLimit(store, turn.groupLimit);
            continue;
          }
          const results = await Promise.all(turn.map((operation) => pairs[operation.queue].apply(store, operation)));
          const expected = turn.map((operation) => pairs[operation.queue].expected(operation));
          const read = turn.map((operation, i) => pairs[operation.queue].read(operation, results[i]));
          assert.deepEqual(read, expected);
        }
        const unlimited = { maxProcessing: 0, rate: 0 };
        for (const { name, model } of pairs) {
          model.setPolicy(unlimited);
          await store.setPolicy(name, unlimited);
          const left = await Promise.all(Array.from({ length: model.total + 1 }, () => store.pop(name, 0)));
          const order = left.map(() => model.pop(0));
          assert.deepEqual(left.map(shown), order.map((event) => event === undefined ? "nil" : event.join("=")));
          await store.flush(name);
          await store.setPolicy(name, null);
        }
      }),
      { numRuns },
    );
  suite.test("any sequence of operations has the results of the model", (store) => compare(store, 0, 60));
  suite.test("any sequence of operations on long queues has the results of the model", (store) =>
    compare(store, LONG_QUEUE, 15));
}
