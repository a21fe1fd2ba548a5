import { Log } from "../../../core/log.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { connect } from "../../support/wire.ts";
import { writeUsers } from "../../support/users.ts";

const NOAUTH = "-NOAUTH Authentication required.";
const WRONGPASS = "-WRONGPASS invalid username-password pair or user is disabled.";
const NO_QUEUE = "-NOPERM No permissions to access a key";
const noPermission = (user: string, command: string) =>
  `-NOPERM User ${user} has no permissions to run the '${command}' command`;

programTest("Users may run the commands of their roles, on queues of their patterns", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(
      users,
      ["shop", "s", "produce orders mail:*"],
      ["worker", "w", "consume orders"],
      ["eye", "e", "inspect mail:*"],
      ["boss", "b", "all *"],
      ["post", "p", "all mail:*"],
    );
    await using server = disposable(await serveForTest("sqlite::memory:", { users }));
    const as = async (name: string, password: string) => {
      const client = await connect(server.addr);
      assert.equal(await client.command("PING"), NOAUTH);
      assert.equal(await client.command("AUTH", name, password), "+OK");
      return client;
    };
    await using shop = await as("shop", "s");
    assert.equal(await shop.command("QLPUSH", "orders", "1", "x"), "+OK");
    assert.equal(await shop.command("QRPUSH", "mail:a", "1", "x"), "+OK");
    assert.equal(await shop.command("QLPUSH", "other", "1", "x"), NO_QUEUE);
    assert.equal(await shop.command("QLPUSH", "orders", "2", "x", "NOBLOCK"), "+OK");
    for (const [command, ...args] of [["QRPOP", "orders"], ["QACK", "orders", "1"], ["QNOTIFY", "0"], ["QREGISTER"]]) {
      assert.equal(await shop.command(command, ...args), noPermission("shop", command.toLowerCase()));
    }
    for (const command of ["QFLUSH", "QLPEEK", "QRPEEK", "QSTATUS", "QINFO", "QSTATS"]) {
      assert.equal(await shop.command(command, "orders"), noPermission("shop", command.toLowerCase()));
    }
    await using worker = await as("worker", "w");
    assert.equal(await worker.command("QREGISTER", "orders", "mail:a"), NO_QUEUE);
    assert.equal(await worker.command("QREGISTER", "orders"), "+OK");
    assert.equal(await worker.command("QNOTIFY", "0"), "orders");
    assert.deepEqual(await worker.command("QRPOP", "orders"), ["1", "x"]);
    assert.equal(await worker.command("QACK", "mail:a", "1"), NO_QUEUE);
    assert.equal(await worker.command("QACK", "orders", "1"), 1);
    assert.equal(await worker.command("QLPUSH", "orders", "9", "x"), noPermission("worker", "qlpush"));
    assert.equal(await worker.command("CLIENT", "LIST"), noPermission("worker", "client|list"));
    assert.equal(await worker.command("client", "kill", "ID", "1"), noPermission("worker", "client|kill"));
    assert.match(`${await worker.command("CLIENT", "INFO")}`, / user=worker /);

    await using eye = await as("eye", "e");
    assert.deepEqual(await eye.command("QSTATUS"), ["mail:a total: 1 processing: 0 consumers: 0"]);
    assert.deepEqual((await eye.command("QSTATS") as unknown[][]).map(([queue, total]) => [queue, total]), [[
      "mail:a",
      1,
    ]]);
    assert.equal(await eye.command("QMOVE", "mail:a", "mail:a:dead"), noPermission("eye", "qmove"));
    assert.equal(await eye.command("QCONFIG", "SET", "mail:a", "lease", "1"), noPermission("eye", "qconfig|set"));
    assert.equal((await eye.command("QCONFIG", "GET", "mail:a") as unknown[]).length, 20);
    assert.equal((await eye.command("QINFO") as string[]).length, 1);
    assert.equal(await eye.command("QSTATUS", "mail:a", "orders"), NO_QUEUE);
    assert.deepEqual(await eye.command("QRPEEK", "mail:a"), ["1", "x"]);

    await using post = await as("post", "p");
    assert.equal(await post.command("QMOVE", "mail:{a}", "{a}"), NO_QUEUE);
    assert.equal(await post.command("QCONFIG", "SET", "mail:{a}", "dead-queue", "{a}"), NO_QUEUE);
    assert.equal(await post.command("QCONFIG", "SET", "mail:{a}", "dead-queue", "mail:{a}:graves"), "+OK");
    assert.equal(await post.command("QCONFIG", "RESET", "mail:{a}"), "+OK");

    await using boss = await as("boss", "b");
    assert.equal((await boss.command("QSTATUS") as string[]).length, 2);
    assert.equal(await boss.command("QFLUSH", "orders"), "+OK");
    assert.equal(await boss.command("CLIENT", "KILL", "USER", "nobody"), "-ERR No such user 'nobody'");
    assert.equal(await boss.command("CLIENT", "KILL", "USER", "eye"), 1);
    assert.equal(await eye.closed(), "");
  });
});

programTest(
  "CLIENT UNBLOCK unblocks connections of the same user, and of other users only for an administrator",
  async () => {
    await withFolder(async (folder) => {
      const users = `${folder}/users`;
      await writeUsers(users, ["boss", "b", "all *"], ["worker", "w", "consume *"], ["other", "o", "consume *"]);
      await using server = disposable(await serveForTest("sqlite::memory:", { users }));
      await using ends = new AsyncDisposableStack();
      const as = async (...credentials: string[]) => {
        const client = ends.use(await connect(server.addr));
        assert.equal(await client.command("AUTH", ...credentials), "+OK");
        return client;
      };
      const [boss, waiting, own, other] = [
        await as("boss", "b"),
        await as("worker", "w"),
        await as("worker", "w"),
        await as("other", "o"),
      ];
      const id = `${await waiting.command("CLIENT", "ID")}`;
      for (const allowed of [own, boss]) {
        await waiting.send("QCLAIM", "BLOCK", "0", "QUEUES", "q");
        await eventually(async () => assert.match(`${await boss.command("INFO")}`, /\bblocked_clients:1\b/));
        assert.equal(await other.command("CLIENT", "UNBLOCK", id), 0);
        assert.equal(await allowed.command("CLIENT", "UNBLOCK", id), 1);
        assert.equal(await waiting.shown(), null);
      }
    });
  },
);

programTest(
  "A client that logs in as a user with fewer permissions is deregistered from queues that the user may not consume",
  async () => {
    await withFolder(async (folder) => {
      const users = `${folder}/users`;
      await writeUsers(users, ["boss", "b", "all *"], ["worker", "w", "consume a"], ["shop", "s", "produce *"]);
      await using server = disposable(await serveForTest("sqlite::memory:", { users }));
      await using client = await connect(server.addr);
      await using boss = await connect(server.addr);
      await boss.command("AUTH", "boss", "b");
      await client.command("AUTH", "boss", "b");
      await client.command("QREGISTER", "a", "b");
      assert.equal(await client.command("AUTH", "worker", "w"), "+OK");
      const consumers = async () => (await boss.command("QSTATS", "a", "b") as unknown[][]).map((row) => row[3]);
      assert.deepEqual(await consumers(), [1, 0]);
      await client.send("HELLO", "3", "AUTH", "shop", "s");
      assert.ok(await client.shown() instanceof Map);
      assert.deepEqual(await consumers(), [0, 0]);
    });
  },
);

programTest("Reload adds, changes and removes users, and keeps the connections of unchanged ones", async () => {
  await withFolder(async (folder) => {
    const users = `${folder}/users`;
    await writeUsers(users, ["same", "s", "all *"], ["changed", "c", "all *"], ["gone", "g", "all *"]);
    await using server = disposable(await serveForTest("sqlite::memory:", { users }));
    const names = ["same", "changed", "gone"];
    const clients = await Promise.all(names.map(async (name) => {
      const client = await connect(server.addr);
      assert.equal(await client.command("AUTH", name, name[0]), "+OK");
      return client;
    }));
    const [same] = (await Deno.readTextFile(users)).split("\n").filter((line) => line.startsWith("same"));
    await writeUsers(users, ["changed", "c", "produce *"], ["new", "n", "all *"]);
    await Deno.writeTextFile(users, `${same}\n`, { append: true });
    await server.reload();
    for (const client of clients.slice(1)) assert.equal(await client.closed(), "");
    assert.equal(await clients[0].command("PING"), "+PONG");
    await using client = await connect(server.addr);
    assert.equal(await client.command("AUTH", "gone", "g"), WRONGPASS);
    assert.equal(await client.command("AUTH", "new", "n"), "+OK");
    assert.equal(await client.command("AUTH", "changed", "c"), "+OK");
    assert.equal(await client.command("QFLUSH", "q"), noPermission("changed", "qflush"));

    await Deno.writeTextFile(users, "nonsense\n");
    await assert.rejects(server.reload(), /users: line 1: /);
    assert.equal(await clients[0].command("PING"), "+PONG");
    assert.equal(await client.command("AUTH", "new", "n"), "+OK");
    for (const one of clients) one.close();
  });
});

programTest(
  "A flood of wrong passwords delays neither logged-in clients nor remembered passwords, and is logged in few lines",
  async () => {
    await withFolder(async (folder) => {
      const users = `${folder}/users`;
      await writeUsers(users, ["ann", "right", "all *"]);
      const lines: string[] = [];
      const log = new Log("warn", (line) => lines.push(line));
      await using server = disposable(await serveForTest("sqlite::memory:", { users, log }));
      await using client = await connect(server.addr);
      assert.equal(await client.command("AUTH", "ann", "right"), "+OK");
      const flood = await Promise.all(Array.from({ length: 100 }, () => connect(server.addr)));
      await Promise.all(flood.map((one, i) => one.send("AUTH", i % 2 === 0 ? "ann" : "nobody", "wrong")));
      await flood[0].shown(); // one was tried at least
      await using other = await connect(server.addr);
      assert.equal(await other.command("AUTH", "ann", "right"), "+OK");
      for (let i = 0; i < 50; i++) assert.equal(await client.command("QLPUSH", "q", `${i}`, "x"), "+OK");
      await eventually(() => lines.length > 0);
      assert.match(lines[0], / warn Wrong password user="(ann|nobody)" addr=127\.0\.0\.1:\d+ failures=1\n$/);
      assert.ok(lines.length < 10, lines.join(""));
      assert.ok(!lines.join("").includes("wrong"));
      for (const one of flood) one.close();
    });
  },
);

function disposable<T extends { close(): Promise<void> }>(server: T): T & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}
