import { Log } from "../../../core/log.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { redisTest, withFolder } from "../../support/programs.ts";
import { startRedis } from "../../support/redis_server.ts";
import { serveForTest } from "../../support/stores.ts";
import { writeUsers } from "../../support/users.ts";
import { connect, type Wire } from "../../support/wire.ts";

const user = async (client: Wire) => / user=(\S+) /.exec(`${await client.command("CLIENT", "INFO")}`)?.[1];

redisTest(
  "AUTH, HELLO and RESET take effect, and drop registrations, while the store is down",
  () =>
    withFolder(async (folder) => {
      await using redis = await startRedis({ durable: true });
      const users = `${folder}/users`;
      await writeUsers(users, ["old", "o", "consume jobs"], ["new", "n", "consume mails"], ["eye", "e", "inspect *"]);
      await using server = await serveForTest(redis.url, { users, storeTimeoutMs: 3000, log: new Log("silent") });
      await using closing = new AsyncDisposableStack();
      const clients = await Promise.all(["AUTH", "HELLO", "RESET"].map(async () => {
        const client = closing.use(await connect(server.addr));
        assert.equal(await client.command("AUTH", "old", "o"), "+OK");
        assert.equal(await client.command("QREGISTER", "jobs"), "+OK");
        return client;
      }));
      // One that stays, so that the others are gone with the next renewal and not with the time to live of all.
      const stays = closing.use(await connect(server.addr));
      assert.equal(await stays.command("AUTH", "new", "n"), "+OK");
      assert.equal(await stays.command("QREGISTER", "mails"), "+OK");
      await redis.kill();
      const [auth, hello, reset] = clients;
      assert.equal(await auth.command("AUTH", "new", "n"), "+OK");
      assert.ok(await hello.command("HELLO", "3", "AUTH", "new", "n", "SETNAME", "me") instanceof Map);
      assert.equal(await hello.command("CLIENT", "GETNAME"), "me");
      for (const client of [auth, hello]) {
        assert.equal(await user(client), "new");
        assert.equal(await client.command("QNOTIFY", "0"), "-ERR no queues registered: QREGISTER first");
      }
      assert.equal(await reset.command("RESET"), "+RESET");
      assert.equal(await reset.command("PING"), "-NOAUTH Authentication required.");
      await redis.start();
      const eye = closing.use(await connect(server.addr));
      assert.equal(await eye.command("AUTH", "eye", "e"), "+OK");
      await eventually(async () => {
        assert.deepEqual(await eye.command("QSTATUS", "jobs"), ["jobs total: 0 processing: 0 consumers: 0"]);
      });
    }),
);
