import { assert } from "../../deps.ts";
import { call, httpTest, httpUrl, refused } from "../../support/http.ts";
import { forEachStore } from "../../support/stores.ts";

const HTTP = { httpAddr: { hostname: "127.0.0.1", port: 0 } };

await forEachStore((store) => {
  store.test("A timetable is set, listed, run and deleted over HTTP, as by QCRON", async (okq) => {
    const [url, queue] = [httpUrl(okq.server), okq.queue()];
    const client = await okq.connect();
    const path = `/queues/${queue}/timetables/daily%20%ff`;
    const name = { base64: "ZGFpbHkg/w==" };
    const body = {
      expression: "0 6  * * *",
      zone: "Europe/Berlin",
      contents: { base64: "/w==" },
      group: "g",
      meta: "m",
    };
    const set = (await call(url, `PUT ${path}`, { body })).value;
    const { next, ...rest } = set;
    assert.ok(Date.parse(next) > Date.now() - 60_000);
    assert.deepEqual(rest, { ...body, queue, name, expression: "0 6 * * *", last: null, size: 1 });
    const [[, , expression, zone]] = await client.command("QCRON", "LIST", queue) as unknown[][];
    assert.deepEqual([expression, zone], ["0 6 * * *", "Europe/Berlin"]);
    assert.deepEqual((await call(url, `GET ${path}`)).value, set);
    const { meta: _meta, contents: _contents, ...info } = set;
    assert.deepEqual((await call(url, `GET /queues/${queue}/timetables`)).value, { found: 1, timetables: [info] });
    const { found, timetables } = (await call(url, "GET /timetables?count=200")).value;
    assert.equal(found, timetables.length);
    assert.deepEqual(timetables.filter((one: { queue: string }) => one.queue === queue), [info]);
    assert.equal((await call(url, `GET /timetables?from=${found}`)).value.timetables.length, 0);
    const { id } = (await call(url, `POST ${path}:run`)).value;
    assert.match(atob(id.base64), /^daily \xff@\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const { events: [event] } = (await call(url, `POST /queues/${queue}/claims`)).value;
    assert.deepEqual([event.id, event.contents, event.group, event.meta], [id, { base64: "/w==" }, "g", "m"]);
    assert.deepEqual((await call(url, `DELETE ${path}`)).value, { changed: 1 });
    for (const request of [`GET ${path}`, `DELETE ${path}`, `POST ${path}:run`]) {
      await refused(url, request, 404, /^there is no timetable daily /);
    }
  }, HTTP);
});

httpTest("A timetable over HTTP is refused with what is wrong", async (url) => {
  const path = "PUT /queues/q/timetables/t";
  const body = { expression: "* * * * *", contents: "" };
  const cases: [change: Record<string, unknown>, status: number, error: string | RegExp][] = [
    [{ expression: undefined }, 400, "expression must be a string"],
    [{ expression: "* * * *" }, 400, /^cron expression must have five fields/],
    [{ expression: "0 0 30 2 *" }, 400, /has no time to come$/],
    [{ zone: "Mars/Base" }, 400, /^time zone 'Mars\/Base' is unknown/],
    [{ zone: 1 }, 400, "zone must be a string"],
    [{ contents: null }, 400, "contents must be a string, or an object with the member base64"],
    [{ contents: "x".repeat(101) }, 413, "contents must be at most 100 bytes long"],
    [{ group: "" }, 400, "group must be 1 to 512 bytes long"],
    [{ meta: "m".repeat(4097) }, 400, "meta must be at most 4096 bytes long"],
    [{ tz: "UTC" }, 400, /^unknown member 'tz' in the request body/],
  ];
  for (const [change, status, error] of cases) {
    await refused(url, path, status, error, { body: { ...body, ...change } });
  }
  await refused(url, "PUT /queues/q/timetables/:", 400, "timetable name must be 1 to 128 bytes long", { body });
  await refused(url, `${path}`, 413, /^the request body must be at most/, { body: "x".repeat(1_000_000) });
  assert.equal((await call(url, "GET /queues/q/timetables")).value.found, 0);
}, { maxEventBytes: 100 });

httpTest("GET /timetables:next returns the next five times of an expression", async (url) => {
  const next = async (query: string) => (await call(url, `GET /timetables:next?${query}`)).value.times;
  const times = await next("expression=0%206%20*%20*%20*&zone=Asia/Tokyo");
  assert.equal(times.length, 5);
  for (const time of times) assert.match(time, /T21:00:00\.000Z$/);
  assert.deepEqual(await next("expression=0%200%2030%202%20*"), []);
  await refused(url, "GET /timetables:next?expression=x", 400, /^cron expression must have five fields/);
  await refused(url, "GET /timetables:next", 400, "parameter 'expression' is missing");
});
