/** Whether the fuzzer would see an okq that is wrong: between them stands somebody who changes replies. */
import type { Drive } from "../../../testing/fuzz/property.ts";
import { anyBytes } from "../../../testing/fuzz/properties/any_bytes.ts";
import { crowd } from "../../../testing/fuzz/properties/crowd.ts";
import { ownQueues } from "../../../testing/fuzz/properties/own_queues.ts";
import { sharedQueues } from "../../../testing/fuzz/properties/shared_queues.ts";
import { assert, fc } from "../../deps.ts";
import { serveForTest } from "../../support/stores.ts";
import { type Addr, bytes, connect, latin1 } from "../../support/wire.ts";

const RUNS = 40;

/** Changes what a server says. */
type Flaw = (said: string) => string;

/** Stands in front of a server. */
class Flawed implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();

  constructor(readonly server: Addr, readonly flaw: Flaw) {
    this.#serve();
  }

  connect() {
    return connect(this.#listener.addr);
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of this.#open) conn.close();
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect(this.server);
      for (const conn of [client, server]) this.#open.add(conn);
      this.#pass(client, server, (said) => said);
      this.#pass(server, client, this.flaw);
    }
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, change: Flaw): Promise<void> {
    const room = new Uint8Array(65536);
    try {
      for (let n = await from.read(room); n !== null; n = await from.read(room)) {
        let said = bytes(change(latin1(room.subarray(0, n))));
        while (said.length > 0) said = said.subarray(await to.write(said));
      }
      await to.closeWrite();
    } catch {
      // One of them hung up.
    }
  }
}

const FLAWS: [what: string, drive: Drive, flaw: Flaw][] = [
  ["an acknowledgement that was none", ownQueues as Drive, (said) => said.replace(/^:0\r\n/m, ":1\r\n")],
  ["a wrong count", ownQueues as Drive, (said) => said.replace("total: 2", "total: 3")],
  ["contents that changed", ownQueues as Drive, (said) => said.replace(/^\$4\r\n..../m, "$4\r\n....")],
  ["an event that was not stored", sharedQueues as Drive, (said) => said.replace(/^-ERR duplicate event \d/m, "+OK")],
  ["an event that vanishes", crowd as Drive, (said) => said.replace(/^:1\r\n/m, ":0\r\n")],
  ["a reply that is cut", anyBytes as Drive, (said) => said.replace(/^\+OK\r\n/m, "+OK\r")],
  [
    "an error of the server",
    anyBytes as Drive,
    (said) => said.replace(/^-ERR unknown.*$/m, "-ERR unexpected server-side error"),
  ],
];

for (const [what, drive, flaw] of FLAWS) {
  Deno.test({
    name: `The drive "${drive.name}" finds ${what}`,
    timeout: 60_000,
    async fn() {
      const server = await serveForTest("sqlite::memory:");
      using flawed = new Flawed(server.addr, flaw);
      let run = 0;
      const property = fc.asyncProperty(drive.plan, (plan) => drive.run(plan, flawed, `${run++}-`));
      const { failed } = await fc.check(property, { numRuns: RUNS, endOnFailure: true });
      await server.close();
      assert.ok(failed);
    },
  });
}
