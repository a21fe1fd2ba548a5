import { Delivery, ReplyQueue, WRITE_BYTES_PER_TURN } from "../../../core/connection/reply_queue.ts";
import { TurnBudget } from "../../../core/connection/turn_budget.ts";
import type { Socket } from "../../../core/net/socket.ts";
import type { Reply } from "../../../resp/reply.ts";
import { assert } from "../../deps.ts";
import { serveCommands } from "../../support/command_server.ts";
import { programTest } from "../../support/programs.ts";
import { connect } from "../../support/wire.ts";

const UNEXPECTED = "-ERR unexpected server-side error";

programTest("A reply that cannot be encoded is an error, is logged, and affects no other reply", async () => {
  const bad: Reply = ["a part that can be encoded", NaN];
  const { server, lines } = await serveCommands([
    { name: "GOOD", arity: [0, 0], handle: () => "good" },
    { name: "BAD", arity: [0, 0], handle: () => bad },
    { name: "LATE", arity: [0, 0], handle: () => new Promise((resolve) => setTimeout(() => resolve(bad))) },
  ]);
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using client = await connect(server.addr);
  for (const name of ["GOOD", "BAD", "GOOD", "LATE", "GOOD", "BAD", "GOOD"]) await client.send(name);
  for (const reply of ["good", UNEXPECTED, "good", UNEXPECTED, "good", UNEXPECTED, "good"]) {
    assert.equal(await client.shown(), reply);
  }
  assert.equal(lines.filter((line) => /error Cannot encode a reply .*NaN is not an integer/.test(line)).length, 3);
});

Deno.test("ReplyQueue writes a large reply in slices, between which the event loop turns, and then ends its delivery", async () => {
  const contents = new Uint8Array(2 * 1024 * 1024);
  const order: string[] = [];
  let written = 0;
  const socket = {
    write: (bytes: Uint8Array) => {
      written += bytes.length;
      if (bytes.length > 100) order.push("write");
      assert.ok(bytes.length <= 256 * 1024, `${bytes.length} bytes`);
      return Promise.resolve(bytes.length);
    },
  } as Socket;
  const listener = {
    protocol: 2 as const,
    bytesWritten: () => {},
    progressed: () => {},
    encodingFailed: (error: unknown) => assert.fail(`${error}`),
    kill: () => {},
  };
  const budget = new TurnBudget(WRITE_BYTES_PER_TURN);
  const replies = [1, 2].map(() => new ReplyQueue(socket, listener, 16, budget));
  const turning = setInterval(() => order.push("turn"));
  await Promise.all(replies.map((queue) =>
    new Promise<void>((resolve) => {
      queue.fill(
        queue.reserve(),
        new Delivery(contents, (delivered) => {
          assert.equal(delivered, true);
          order.push("end");
          resolve();
        }),
      );
    })
  ));
  clearInterval(turning);
  budget.close();
  assert.equal(written, 2 * (contents.length + "$2097152\r\n\r\n".length));
  assert.equal(order.filter((entry) => entry === "write").length, 16);
  assert.doesNotMatch(order.join(" "), /write write write/);
  assert.equal(order.at(-1), "end");
});

programTest("A bug in dispatch is an error that closes its connection, and is logged", async () => {
  const exclusive = () => {
    throw new TypeError("a bug");
  };
  const { server, lines } = await serveCommands([{ name: "BAD", arity: [0, 0], exclusive, handle: () => "good" }]);
  await using _closing = { [Symbol.asyncDispose]: () => server.close() };
  await using client = await connect(server.addr);
  await client.send("PING");
  await client.send("BAD");
  await client.send("PING");
  assert.equal(await client.closed(), `-ERR unknown command 'PING'\r\n${UNEXPECTED}\r\n`);
  assert.match(lines.join(""), /error Connection failed unexpectedly addr=\S+ error="TypeError: a bug/);
});
