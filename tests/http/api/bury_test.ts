import { ROLES, User } from "../../../core/auth/user.ts";
import { Log } from "../../../core/log.ts";
import type { ServerContext } from "../../../core/context.ts";
import { bury } from "../../../http/api/bury.ts";
import type { Store } from "../../../store/store.ts";
import { openSqliteStore } from "../../../store/sqlite/sqlite_store.ts";
import { assert } from "../../deps.ts";
import { bytes, latin1 } from "../../support/wire.ts";

const [QUEUE, DEAD, ID] = ["q", "q:dead", "id"].map(bytes);

/** Buries the event, and runs `between` after it was pushed to the dead queue. */
async function buryWhile(store: Store, between: () => Promise<unknown>): Promise<[status: number, answer: unknown]> {
  const slow = new Proxy(store, {
    get: (store, name) => {
      if (name !== "push") return store[name as keyof Store].bind(store);
      return async (...args: Parameters<Store["push"]>) => {
        const added = await store.push(...args);
        if (latin1(args[0]) === "q:dead") await between();
        return added;
      };
    },
  });
  const url = new URL("http://127.0.0.1/api/bury");
  const body = JSON.stringify({ queue: "q", id: "id" });
  const response = await bury.handle({
    request: new Request(url, { method: "POST", body, headers: { "x-okq-page": "1" } }),
    url,
    user: new User("ann", ROLES, ["*"]),
    addr: "127.0.0.1:1",
    server: { store: slow, log: new Log("silent") } as ServerContext,
  });
  return [response.status, await response.json()];
}

async function held(store: Store, queue: Uint8Array): Promise<string | undefined> {
  const event = await store.get(queue, ID);
  return event ? latin1(event.contents) : undefined;
}

Deno.test("bury leaves an event that is acknowledged meanwhile in the dead queue", async () => {
  const store = await openSqliteStore(":memory:");
  await store.push(QUEUE, ID, bytes("one"), "left");
  assert.deepEqual(await buryWhile(store, () => store.ack(QUEUE, ID)), [200, { changed: 0 }]);
  assert.deepEqual([await held(store, QUEUE), await held(store, DEAD)], [undefined, "one"]);
  await store.close();
});

Deno.test("bury does not lose another event that is pushed with the same id meanwhile", async () => {
  const store = await openSqliteStore(":memory:");
  await store.push(QUEUE, ID, bytes("one"), "left");
  const answer = await buryWhile(store, async () => {
    await store.ack(QUEUE, ID);
    await store.push(QUEUE, ID, bytes("two"), "left");
  });
  assert.deepEqual(answer, [200, { changed: 0 }]);
  assert.deepEqual([await held(store, QUEUE), await held(store, DEAD)], ["two", "one"]);
  await store.close();
});

Deno.test("bury completes when it is repeated after a crash between its steps", async () => {
  const store = await openSqliteStore(":memory:");
  await store.push(QUEUE, ID, bytes("one"), "left");
  const answer = await buryWhile(store, () => Promise.reject(new Error("crashed"))).catch(({ message }) => message);
  assert.equal(answer, "crashed");
  assert.deepEqual([await held(store, QUEUE), await held(store, DEAD)], ["one", "one"]);
  assert.deepEqual(await buryWhile(store, () => Promise.resolve()), [200, { changed: 1 }]);
  assert.deepEqual([await held(store, QUEUE), await held(store, DEAD)], [undefined, "one"]);
  await store.close();
});
