import { assert } from "../deps.ts";
import { forEachStore } from "../support/stores.ts";
import { badQueues, refuses } from "../support/refusals.ts";

await forEachStore((store) => {
  refuses(store, "QINFO", (queue) => [
    ...badQueues((queue) => [queue]),
    ...badQueues((bad) => [queue, bad, queue]),
  ]);

  store.test("QINFO returns counts of queues in columns", async (okq) => {
    const client = await okq.connect();
    const [long, short] = [`${okq.queue()}-with-a-long-name`, okq.queue()];
    for (let id = 0; id < 12; id++) await client.command("QLPUSH", short, `${id}`, "contents");
    for (let id = 0; id < 11; id++) await client.command("QRPOP", short);
    await client.command("QREGISTER", short);
    const lines = await client.command("QINFO", long, short) as string[];
    assert.equal(lines.length, 2);
    assert.match(lines[0], new RegExp(`^${long}  total: 0 +processing: 0 +consumers: 0$`));
    assert.match(lines[1], new RegExp(`^${short} {3,}total: 12 +processing: 11 +consumers: 1$`));
    for (const column of ["total:", "processing:", "consumers:"]) {
      assert.equal(lines[0].indexOf(column), lines[1].indexOf(column), column);
    }
  });

  store.test("QINFO without arguments returns the active queues", async (okq) => {
    const client = await okq.connect();
    const [full, empty] = [okq.queue(), okq.queue()];
    await client.command("QLPUSH", full, "id", "contents");
    const lines = await client.command("QINFO") as string[];
    assert.equal(lines.filter((line) => line.startsWith(`${full} `)).length, 1);
    assert.equal(lines.filter((line) => line.startsWith(`${empty} `)).length, 0);
  });
});
