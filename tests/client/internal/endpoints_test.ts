import { BatchFailed, Consumer, Producer, Refused, text, Unavailable } from "../../../mod.ts";
import { assert } from "../../deps.ts";
import { CommandProxy } from "../../support/command_proxy.ts";
import { Calls, hostPort } from "../../support/consuming.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { writeUsers } from "../../support/users.ts";
import { type Addr, connect } from "../../support/wire.ts";

/** What a client logs in with, and the error that refuses it. */
const DENIED: [login: { username?: string; password?: string }, error: RegExp][] = [
  [{ username: "worker", password: "wrong" }, /^WRONGPASS /],
  [{ username: "nobody", password: "w" }, /^WRONGPASS /],
  [{}, /^NOAUTH /],
  [{ username: "spectator", password: "s" }, /^NOPERM User spectator /],
  [{ username: "stranger", password: "s" }, /^NOPERM No permissions to access a key$/],
];

/** A server with users, whose file can be changed. */
async function withUsers(
  body: (addr: Addr, change: (worker: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    const write = (worker: string) =>
      writeUsers(
        users,
        ["worker", worker, "produce,consume jobs"],
        ["spectator", "s", "inspect jobs"],
        ["stranger", "s", "produce,consume other"],
      );
    await write("w");
    const server = await serveForTest("sqlite::memory:", { users });
    try {
      await body(server.addr, async (worker) => {
        await write(worker);
        await server.reload();
      });
    } finally {
      await server.close();
    }
  });
}

function refusedWith(pattern: RegExp) {
  return (error: unknown) => error instanceof Refused && pattern.test(error.message);
}

programTest("A consumer's handler, and its loop, end with Refused if the server refuses the user", async () => {
  await withUsers(async ({ hostname, port }) => {
    for (const [login, error] of DENIED) {
      const errors = new Calls<unknown>();
      const options = { addresses: `${hostname}:${port}`, ...login, queues: "jobs", onError: errors.call };
      await using running = new Consumer(options);
      await assert.rejects(running.run(() => {}), refusedWith(error));
      await using looping = new Consumer(options);
      const events = looping[Symbol.asyncIterator]();
      await assert.rejects(events.next(), refusedWith(error));
      await assert.rejects(events.next(), refusedWith(error));
      assert.deepEqual(errors.all, []);
    }
  });
});

programTest(
  "A producer's push rejects with Refused if the server refuses the user, and the next one tries",
  async () => {
    await withUsers(async (addr) => {
      for (const [login, error] of DENIED) {
        await using producer = new Producer({ addresses: hostPort(addr), ...login, codec: text });
        for (let i = 0; i < 2; i++) await assert.rejects(producer.push("jobs", "x"), refusedWith(error));
        const values = Array.from({ length: 5000 }, (_, i) => `${i}`);
        await assert.rejects(producer.pushAll("jobs", values), (thrown: Error) => {
          assert.ok(thrown instanceof BatchFailed);
          assert.equal(thrown.failures.length, values.length);
          assert.ok(thrown.failures.every(({ error }) => error instanceof Refused));
          return error.test((thrown.cause as Error).message);
        });
      }
    });
  },
);

programTest("A consumer ends with Refused when its user's password is changed", async () => {
  await withUsers(async (addr, change) => {
    const login = { username: "worker", password: "w" };
    const handled = new Calls<unknown>();
    await using consumer = new Consumer({ addresses: hostPort(addr), ...login, queues: "jobs", onError: () => {} });
    const running = assert.rejects(consumer.run(handled.call), refusedWith(/^WRONGPASS /));
    await using producer = new Producer({ addresses: hostPort(addr), ...login, codec: text });
    await producer.push("jobs", "x");
    await handled.reached(1);
    await change("new");
    await running;
    await assert.rejects(producer.push("jobs", "y"), refusedWith(/^WRONGPASS /));
  });
});

programTest("A refusal after an attempt whose outcome is unknown does not say that nothing was stored", async () => {
  await withUsers(async (addr, change) => {
    await using proxy = new CommandProxy(addr);
    await using producer = new Producer({ addresses: proxy.address, username: "worker", password: "w", codec: text });
    await producer.push("jobs", "first", { id: "1" });
    proxy.refusing = true; // until the password is changed
    proxy.droppingReply = true;
    const pushing = assert.rejects(producer.push("jobs", "second", { id: "2" }), (error) => {
      assert.ok(error instanceof Unavailable && error.outcomeUnknown);
      return /WRONGPASS/.test(error.message);
    });
    while (proxy.count("QLPUSH") < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await change("new");
    proxy.refusing = false;
    await pushing;
    await using wire = await connect(addr);
    await wire.command("AUTH", "worker", "new");
    assert.deepEqual(await wire.command("QRPOP", "jobs"), ["1", "first"]);
    assert.deepEqual(await wire.command("QRPOP", "jobs"), ["2", "second"]);
  });
});
