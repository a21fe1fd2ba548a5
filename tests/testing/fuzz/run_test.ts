/** Whether the fuzzer notices a wrong okq: a proxy between them changes replies. */
import { anyBytes } from "../../../testing/fuzz/properties/any_bytes.ts";
import { conservation } from "../../../testing/fuzz/properties/conservation.ts";
import { ownQueues } from "../../../testing/fuzz/properties/own_queues.ts";
import { sharedQueues } from "../../../testing/fuzz/properties/shared_queues.ts";
import type { Property } from "../../../testing/fuzz/property.ts";
import { assert, fc } from "../../deps.ts";
import { serveForTest } from "../../support/stores.ts";
import { type Addr, bytes, connect, latin1 } from "../../support/wire.ts";
import { TEST_MS } from "../../support/limits.ts";

const RUNS = 40;

/** Changes bytes that a server sends. */
type Flaw = (sent: string) => string;

/** Forwards connections to a server, with a flaw in its replies. */
class FlawedProxy implements Disposable {
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
      this.#forward(client, server, (sent) => sent);
      this.#forward(server, client, this.flaw);
    }
  }

  async #forward(from: Deno.TcpConn, to: Deno.TcpConn, change: Flaw): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        let rest = bytes(change(latin1(buffer.subarray(0, n))));
        while (rest.length > 0) rest = rest.subarray(await to.write(rest));
      }
      await to.closeWrite();
    } catch {
      // One of them has disconnected.
    }
  }
}

const FLAWS: [what: string, property: Property, flaw: Flaw][] = [
  ["a wrong acknowledgement", ownQueues as Property, (sent) => sent.replace(/^:0\r\n/m, ":1\r\n")],
  ["a wrong count", ownQueues as Property, (sent) => sent.replace("total: 2", "total: 3")],
  ["changed contents", ownQueues as Property, (sent) => sent.replace(/^\$4\r\n..../m, "$4\r\n....")],
  [
    "an event that was not stored",
    sharedQueues as Property,
    (sent) => sent.replace(/^-ERR duplicate event \d/m, "+OK"),
  ],
  ["an event that vanishes", conservation as Property, (sent) => sent.replace(/^:1\r\n/m, ":0\r\n")],
  ["an incomplete reply", anyBytes as Property, (sent) => sent.replace(/^\+OK\r\n/m, "+OK\r")],
  [
    "an unexpected error",
    anyBytes as Property,
    (sent) => sent.replace(/^-ERR unknown.*$/m, "-ERR unexpected server-side error"),
  ],
];

for (const [what, property, flaw] of FLAWS) {
  Deno.test({
    name: `The property "${property.name}" finds ${what}`,
    timeout: TEST_MS,
    async fn() {
      const server = await serveForTest("sqlite::memory:");
      using flawed = new FlawedProxy(server.addr, flaw);
      let run = 0;
      const check = fc.asyncProperty(property.input, (input) => property.run(input, flawed, `${run++}-`));
      const { failed } = await fc.check(check, { numRuns: RUNS, endOnFailure: true });
      await server.close();
      assert.ok(failed);
    },
  });
}
