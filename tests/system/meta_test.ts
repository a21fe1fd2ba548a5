import { assert } from "../deps.ts";
import { fields } from "../support/fields.ts";
import { forEachStore } from "../support/stores.ts";
import { bytes, type Shown } from "../support/wire.ts";

/** Meta of the greatest length, of any bytes. */
const ANY_META = Array.from({ length: 4096 }, (_, i) => String.fromCharCode(255 - i % 256)).join("");

await forEachStore((store) => {
  store.test("QCLAIM META adds the meta and the group of each event, nil for none", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    await client.command("QLPUSH", queue, "1", "one", "META", "");
    await client.command("QLPUSH", queue, "2", "two", "GROUP", "ann", "META", "a: b\nc: d");
    await client.command("QLPUSH", queue, "3", "three");
    await client.command("QLPUSH", queue, "4", "x".repeat(5000), "META", bytes(ANY_META));
    const rows = await client.command("QCLAIM", "META", "COUNT", "10", "QUEUES", queue) as Shown[][];
    assert.deepEqual(
      rows.map(([, id, contents, attempt, receipt, ...more]) => {
        assert.match(`${receipt}`, /^[!-~]{1,64}$/);
        return [id, contents, attempt, more];
      }),
      [
        ["1", "one", 1, ["", null]],
        ["2", "two", 1, ["a: b\nc: d", "ann"]],
        ["3", "three", 1, [null, null]],
        ["4", "x".repeat(5000), 1, [ANY_META, null]],
      ],
    );
    assert.equal(await client.command("QCLAIM", "META", "QUEUES", queue), null);
  });

  store.test("Meta stays with an event that comes back, dies and is moved, and is not in its contents", async (okq) => {
    const client = await okq.connect();
    const queue = okq.queue();
    const dead = `${queue}:dead`;
    for (const contents of ["contents", "x".repeat(20_000)]) {
      await client.command("QLPUSH", queue, "1", contents, "META", bytes(ANY_META), "GROUP", "ann", "TTL", "600");
      const claim = async (name: string) => {
        const [[, , ...event]] = await client.command("QCLAIM", "META", "QUEUES", name) as Shown[][];
        assert.deepEqual([event[0], ...event.slice(3)], [contents, ANY_META, "ann"]);
      };
      const { meta, size, ...event } = fields(await client.command("QGET", queue, "1"));
      assert.deepEqual([meta, size, event.contents, event.group], [ANY_META, contents.length, contents, "ann"]);
      await claim(queue);
      await client.command("QNACK", queue, "1");
      assert.deepEqual(await client.command("QRPEEK", queue), ["1", contents]);
      await claim(queue);
      await client.command("QNACK", queue, "1", "DEAD");
      await claim(dead);
      await client.command("QACK", dead, "1", "REDO");
      await client.command("QMOVE", dead, queue);
      await claim(queue);
      await client.command("QACK", queue, "1", "REDO");
      assert.deepEqual(await client.command("QRPOP", queue, "NOACK"), ["1", contents]);
    }
  });
});
