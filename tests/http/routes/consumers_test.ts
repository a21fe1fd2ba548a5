import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { call, httpStoreTest } from "../../support/http.ts";
import { connect } from "../../support/wire.ts";

httpStoreTest(
  "GET /queues/{queue}/consumers lists who registered a queue or holds events of it",
  async (url, server) => {
    const [registered, holder, other] = await Promise.all([1, 2, 3].map(() => connect(server.addr)));
    await registered.command("CLIENT", "SETNAME", "worker-1");
    await registered.command("CLIENT", "SETINFO", "LIB-NAME", "lib");
    await registered.command("QREGISTER", "a", "q");
    await other.command("QREGISTER", "a");
    for (const id of ["1", "2", "3"]) await other.command("QLPUSH", "q", id, "contents");
    await other.command("QLPUSH", "a", "1", "contents");
    await holder.command("QCLAIM", "COUNT", "2", "HOLD", "QUEUES", "q");
    await holder.command("QCLAIM", "HOLD", "QUEUES", "a");
    const { value } = await call(url, "GET /queues/q/consumers");
    assert.equal(value.found, 2);
    const shown = value.consumers.map((consumer: Record<string, unknown>) => {
      const { name, library, user, registered, held } = consumer;
      assert.match(String(consumer.addr), /^127\.0\.0\.1:\d+$/);
      assert.ok(Number(consumer.connected) >= 0 && Number(consumer.idle) >= 0);
      return { name, library, user, registered, held };
    });
    assert.deepEqual(shown, [
      { name: "worker-1", library: "lib", user: "default", registered: true, held: 0 },
      { name: "", library: "", user: "default", registered: false, held: 2 },
    ]);
    registered.close();
    await holder.command("QACK", "q", "1");
    await eventually(async () => {
      const { consumers } = (await call(url, "GET /queues/q/consumers")).value;
      assert.deepEqual(consumers.map(({ held }: { held: number }) => held), [1]);
    });
    const many = await Promise.all(Array.from({ length: 101 }, () => connect(server.addr)));
    await Promise.all(many.map((client) => client.command("QREGISTER", "crowd")));
    const crowd = (await call(url, "GET /queues/crowd/consumers")).value;
    assert.deepEqual([crowd.found, crowd.consumers.length], [101, 100]);
    for (const client of [holder, other, ...many]) client.close();
  },
);
