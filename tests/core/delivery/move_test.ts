import { moveEvents } from "../../../core/delivery/move.ts";
import { type MoveResult, type Store, StoreUnavailable } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

/**
 * Moves events between queues of a fake store, and records the arguments of each step.
 * @param ready the ready events of the source; 100 more are blocked
 * @param steps the result of each step
 * @param stopAfter the number of steps after which the server stops
 */
async function move(ready: number, max: number, steps: (MoveResult | Error)[], stopAfter = Infinity) {
  const requested: [max: number, skip: number][] = [];
  const store = {
    status: () => Promise.resolve({ ready, blocked: 100 }),
    move(_source: Uint8Array, _destination: Uint8Array, max: number, skip: number) {
      const step = steps[requested.push([max, skip]) - 1];
      return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
    },
  } as unknown as Store;
  const server = {
    store,
    get stopping() {
      return requested.length >= stopAfter;
    },
  };
  const result = await moveEvents(server, bytes("a"), bytes("b"), max).catch((error) => error);
  return { requested, result };
}

Deno.test("moveEvents skips events that stay, and moves no more than were ready or blocked when it began", async () => {
  const steps = [{ moved: 200, skipped: 50 }, { moved: 250, skipped: 0 }, { moved: 90, skipped: 10 }];
  const { requested, result } = await move(500, Infinity, steps);
  assert.deepEqual(requested, [[250, 0], [250, 50], [100, 50]]);
  assert.deepEqual(result, { moved: 540, skipped: 60 });
});

Deno.test("moveEvents does not count skipped events, and ends when a step does nothing", async () => {
  const { requested, result } = await move(9000, 5, [{ moved: 3, skipped: 2 }, { moved: 1, skipped: 1 }, {
    moved: 0,
    skipped: 0,
  }]);
  assert.deepEqual(requested, [[5, 0], [2, 2], [1, 3]]);
  assert.deepEqual(result, { moved: 4, skipped: 3 });
});

Deno.test("moveEvents ends after the current step when the server stops", async () => {
  const { requested, result } = await move(9000, Infinity, [{ moved: 250, skipped: 0 }], 1);
  assert.deepEqual(requested, [[250, 0]]);
  assert.deepEqual(result, { moved: 250, skipped: 0 });
});

Deno.test("moveEvents reports an unknown outcome if a step fails after another moved events", async () => {
  const away = new StoreUnavailable("it is away", false);
  assert.equal((await move(9000, Infinity, [away])).result, away);
  const { result } = await move(9000, Infinity, [{ moved: 250, skipped: 0 }, away]);
  assert.ok(result instanceof StoreUnavailable);
  assert.equal(
    result.message,
    "The outcome is unknown: it is away after 250 events were moved; it may have been done or not",
  );
});
