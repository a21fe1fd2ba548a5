import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import { fields } from "../support/fields.ts";
import { TEST_MS } from "../support/limits.ts";
import { lacksNetworks, Network } from "../support/network.ts";
import { startServer } from "../support/process.ts";
import { lineOf, startCommand } from "../support/waiting.ts";
import { connect, type Wire } from "../support/wire.ts";

/** Unanswered probes and retransmissions end a connection after a few seconds. */
const SOON = {
  "net.ipv4.tcp_keepalive_time": 1,
  "net.ipv4.tcp_keepalive_intvl": 1,
  "net.ipv4.tcp_keepalive_probes": 2,
  "net.ipv4.tcp_retries2": 3,
};

/** Declares a test with a client whose connection can be cut without a packet, and another one. */
function test(name: string, body: (client: Wire, other: Wire, cut: () => Promise<void>) => Promise<void>): void {
  Deno.test({
    name: lacksNetworks === undefined ? name : `${name} (skipped: ${lacksNetworks})`,
    ignore: lacksNetworks !== undefined,
    timeout: TEST_MS,
    async fn() {
      await using network = await Network.open(SOON);
      const [hostname, vanishing] = network.addrs;
      const args = ["--listen-addr", "0.0.0.0:4777", "--insecure"];
      await using server = startServer("sqlite::memory:", args, { within: network.within });
      const { port } = await server.addr();
      await using other = await connect({ hostname, port });
      await using client = await connect({ hostname: vanishing, port });
      await body(client, other, () => network.cut(1));
    },
  });
}

test(
  "An event that a client holds is ready again soon after the client vanished without a packet",
  async (client, other, cut) => {
    await other.command("QLPUSH", "jobs", "1", "contents");
    await client.command("QCLAIM", "HOLD", "QUEUES", "jobs");
    await cut();
    await eventually(async () => {
      const { state, reason } = fields(await other.command("QGET", "jobs", "1"));
      assert.deepEqual({ state, reason }, {
        state: "ready",
        reason: "The connection that held it was closed or reset",
      });
    });
  },
);

test("A client that vanished while it was blocked waits no longer, and is no consumer", async (client, other, cut) => {
  await client.command("QREGISTER", "jobs");
  await startCommand(client, "QCLAIM", "BLOCK", "0", "HOLD", "QUEUES", "jobs");
  await cut();
  await eventually(async () => assert.equal(await lineOf(other, client), ""));
  assert.deepEqual(await other.command("QSTATUS", "jobs"), ["jobs total: 0 processing: 0 consumers: 0"]);
  await other.command("QLPUSH", "jobs", "1", "contents");
  assert.deepEqual(await other.command("QRPOP", "jobs"), ["1", "contents"]);
});

test("An event that was claimed for a client that had vanished is ready again", async (client, other, cut) => {
  await startCommand(client, "QCLAIM", "BLOCK", "0", "HOLD", "QUEUES", "jobs");
  await cut();
  await other.command("QLPUSH", "jobs", "1", "contents");
  await eventually(async () => assert.equal(fields(await other.command("QGET", "jobs", "1")).attempts, 1));
  await eventually(async () => assert.equal(fields(await other.command("QGET", "jobs", "1")).state, "ready"));
});
