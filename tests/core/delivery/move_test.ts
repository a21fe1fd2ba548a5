import { moveEvents } from "../../../core/delivery/move.ts";
import { type MoveResult, type Store, StoreUnavailable } from "../../../store/store.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

/** Asks for moves that go as told, and collects what was asked. */
async function move(ready: number, most: number, steps: (MoveResult | Error)[], stopAfter = Infinity) {
  const asked: [most: number, skip: number][] = [];
  const store = {
    status: () => Promise.resolve({ ready }),
    move(_source: Uint8Array, _destination: Uint8Array, most: number, skip: number) {
      const step = steps[asked.push([most, skip]) - 1];
      return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
    },
  } as unknown as Store;
  const okq = {
    store,
    get stopping() {
      return asked.length >= stopAfter;
    },
  };
  const result = await moveEvents(okq, bytes("a"), bytes("b"), most).catch((error) => error);
  return { asked, result };
}

Deno.test("moveEvents passes by what stays, and asks for no more than there was at first", async () => {
  const steps = [{ moved: 200, skipped: 50 }, { moved: 250, skipped: 0 }, { moved: 90, skipped: 10 }];
  const { asked, result } = await move(600, Infinity, steps);
  assert.deepEqual(asked, [[250, 0], [250, 50], [100, 50]]);
  assert.equal(result, 540);
});

Deno.test("moveEvents moves as many as it should, those that stay not counted, and ends when a step does nothing", async () => {
  const { asked, result } = await move(9000, 5, [{ moved: 3, skipped: 2 }, { moved: 1, skipped: 1 }, {
    moved: 0,
    skipped: 0,
  }]);
  assert.deepEqual(asked, [[5, 0], [2, 2], [1, 3]]);
  assert.equal(result, 4);
});

Deno.test("moveEvents ends after the step that it is at when the server stops", async () => {
  const { asked, result } = await move(9000, Infinity, [{ moved: 250, skipped: 0 }], 1);
  assert.deepEqual(asked, [[250, 0]]);
  assert.equal(result, 250);
});

Deno.test("moveEvents never says that nothing was done after something was", async () => {
  const away = new StoreUnavailable("it is away", false);
  assert.equal((await move(9000, Infinity, [away])).result, away);
  const { result } = await move(9000, Infinity, [{ moved: 250, skipped: 0 }, away]);
  assert.ok(result instanceof StoreUnavailable);
  assert.equal(
    result.message,
    "The outcome is unknown: it is away after 250 events were moved; it may have been done or not",
  );
});
