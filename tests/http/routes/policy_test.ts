import { assert } from "../../deps.ts";
import { call, httpUrl, refused } from "../../support/http.ts";
import { forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

const DEFAULTS = {
  "max-attempts": 0,
  "dead-queue": null,
  "backoff": 0,
  "backoff-max": 0,
  "max-length": 0,
  "lease": 30,
  "group-limit": 1,
  "remember": 0,
  "max-processing": 0,
  "rate": 0,
};

await forEachStore((store) => {
  store.test("A policy is read, changed in part and reset over HTTP, as by QCONFIG", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const path = `/queues/${queue}/policy`;
    const set = async (body: unknown) => (await call(url, `PUT ${path}`, { body })).value;
    assert.deepEqual((await call(url, `GET ${path}`)).value, DEFAULTS);
    const all = {
      ...{ "max-attempts": 3, "dead-queue": `${queue}:dead`, "backoff": 1.5, "backoff-max": 60, "max-length": 9 },
      ...{ "lease": 5, "group-limit": 2, "remember": 60, "max-processing": 8, "rate": 0.5 },
    };
    assert.deepEqual(await set(all), all);
    assert.deepEqual((await client.command("QCONFIG", "GET", queue) as string[]).filter((_, i) => i % 2 === 1), [
      ...["3", `${queue}:dead`, "1.5", "60", "9", "5", "2", "60", "8", "0.5"],
    ]);
    assert.deepEqual(await set({ "lease": 7, "dead-queue": null, "rate": null }), {
      ...all,
      "lease": 7,
      "dead-queue": null,
      "rate": 0,
    });
    assert.deepEqual((await call(url, `DELETE ${path}`)).value, DEFAULTS);
    assert.deepEqual((await call(url, `GET ${path}`)).value, DEFAULTS);
  }, HTTP);

  store.test("A policy over HTTP is refused with the field that is wrong", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const range = (name: string) => `value is not an integer or out of range '${name}'`;
    const cases: [body: unknown, error: string | RegExp][] = [
      [{ "max-attempts": 65_536 }, range("max-attempts")],
      [{ "max-attempts": 1.5 }, range("max-attempts")],
      [{ "lease": 0 }, range("lease")],
      [{ "backoff": "1" }, "backoff must be a number or null"],
      [{ "group-limit": 0 }, range("group-limit")],
      [{ "remember": 604_801 }, range("remember")],
      [{ "max-length": 1e21 }, range("max-length")],
      ...[-1, 1e9, 0.000001].map((rate): [unknown, string] => [{ rate }, range("rate")]),
      [{ "dead-queue": queue }, "dead-queue must be another queue"],
      [{ "dead-queue": `${queue}{x}` }, /^dead-queue is in another partition: /],
      [{ "dead-queue": "" }, "queue name must be 1 to 512 bytes long"],
      [{ "maxAttempts": 1 }, /^unknown member 'maxAttempts' in the request body: it may have max-attempts, /],
      [{}, "the request body must have a field of the policy"],
      ["1", "the request body must be a JSON object"],
      ["{", "the request body must be a JSON object"],
    ];
    for (const [body, error] of cases) await refused(url, `PUT /queues/${queue}/policy`, 400, error, { body });
    assert.deepEqual((await call(url, `GET /queues/${queue}/policy`)).value, DEFAULTS);
  }, HTTP);
});
