import { readArguments } from "../../client/cli.ts";
import { Consumer, Producer, Refused, text, Unavailable } from "../../mod.ts";
import { Authority } from "../support/certificates.ts";
import { writeUsers } from "../support/users.ts";
import { assert } from "../deps.ts";
import { programTest, withFolder } from "../support/programs.ts";
import { ROOT } from "../support/sources.ts";
import { serveForTest } from "../support/stores.ts";
import { Calls, takeOne } from "./helpers.ts";

const anywhere = { hostname: "127.0.0.1", port: 0 };

/** Runs a test's body with a server that wants certificates and passwords. */
async function withSecured(body: (server: Secured) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const authority = await Authority.create();
    const { cert, key } = await authority.issue("server");
    const files = { tlsCert: `${folder}/server.pem`, tlsKey: `${folder}/server.key`, tlsCa: `${folder}/ca.pem` };
    await Deno.writeTextFile(files.tlsCert, cert);
    await Deno.writeTextFile(files.tlsKey, key);
    await Deno.writeTextFile(files.tlsCa, authority.cert);
    const users = `${folder}/users`;
    await writeUsers(users, ["shop", "s", "produce jobs"], ["worker", "w", "consume jobs"]);
    const server = await serveForTest("sqlite::memory:", { tlsListenAddr: anywhere, ...files, users });
    try {
      const own = await authority.issue("client");
      const address = `localhost:${server.tlsAddr!.port}`;
      await body({ address, plain: server.addr.port, caCert: authority.cert, own, caFile: files.tlsCa });
    } finally {
      await server.close();
    }
  });
}

interface Secured {
  address: string;
  plain: number;
  caCert: string;
  caFile: string;
  own: { cert: string; key: string };
}

programTest(
  "Producer and Consumer log in and connect with TLS and a certificate of their own",
  () =>
    withSecured(async ({ address: addresses, caCert, own }) => {
      const tls = { caCerts: [caCert], ...own };
      await using producer = new Producer({ addresses, username: "shop", password: "s", tls, codec: text });
      const id = await producer.push("jobs", "hello");
      await using consumer = new Consumer({
        addresses,
        username: "worker",
        password: "w",
        tls,
        codec: text,
        queues: "jobs",
      });
      const event = await takeOne(consumer);
      assert.deepEqual([event.id, event.value, await event.ack()], [id, "hello", true]);
      await assert.rejects(producer.push("other", "x"), (error) => {
        assert.ok(error instanceof Refused);
        assert.equal(error.message, "NOPERM No permissions to access a key");
        return true;
      });
    }),
);

programTest(
  "A Producer whom the server does not let in, or who does not trust the server, says why",
  () =>
    withSecured(async ({ address: addresses, caCert, own, plain }) => {
      const tls = { caCerts: [caCert], ...own };
      const cases: [ConstructorParameters<typeof Producer>[0], RegExp][] = [
        [{ addresses, username: "shop", password: "wrong", tls }, /WRONGPASS/],
        [{ addresses: `127.0.0.1:${plain}` }, /NOAUTH/],
        [{ addresses, username: "shop", password: "s", tls: true }, /certificate|issuer|self.signed/i],
      ];
      // Each tries until its time is up: long enough for a machine that is busy.
      await Promise.all(cases.map(async ([options, reason]) => {
        await using producer = new Producer({ ...options, timeoutMs: 2000 });
        await assert.rejects(producer.push("jobs", new Uint8Array(1)), (error: Error) => {
          assert.ok(error instanceof Unavailable || error instanceof Refused, error.name);
          assert.match(error.message, reason);
          return true;
        });
      }));
    }),
);

programTest(
  "A Consumer whom the server does not let in tells onError why, and tries again",
  () =>
    withSecured(async ({ plain }) => {
      const calls = new Calls<unknown>();
      const addresses = `127.0.0.1:${plain}`;
      const consumer = new Consumer({
        addresses,
        username: "worker",
        password: "no",
        queues: "jobs",
        onError: calls.call,
      });
      const running = consumer.run(() => {});
      await calls.reached(2);
      assert.match(`${calls.all[0]}`, /WRONGPASS/);
      await consumer.close();
      await running;
    }),
);

Deno.test("The command line client takes a user, a password and TLS", () => {
  const address = { hostname: "127.0.0.1", port: 4777 };
  assert.deepEqual(readArguments(["--user", "u", "--pass", "p", "PING"]), {
    ...address,
    username: "u",
    password: "p",
    command: ["PING"],
  });
  assert.deepEqual(readArguments(["--tls", "PING"]), { ...address, tls: true, command: ["PING"] });
  assert.deepEqual(readArguments(["--tls", "--cacert", "f", "PING"]), {
    ...address,
    tls: true,
    cacert: "f",
    command: ["PING"],
  });
});

programTest("The command line client logs in over TLS, and says why it is not let in", async () => {
  await withFolder(async (folder) => {
    const authority = await Authority.create();
    const { cert, key } = await authority.issue("server");
    const files = { tlsCert: `${folder}/server.pem`, tlsKey: `${folder}/server.key` };
    await Deno.writeTextFile(files.tlsCert, cert);
    await Deno.writeTextFile(files.tlsKey, key);
    await Deno.writeTextFile(`${folder}/ca.pem`, authority.cert);
    const settings = { tlsListenAddr: anywhere, ...files, listenAddr: null, requirepass: "secret" };
    const server = await serveForTest("sqlite::memory:", settings);
    const cli = async (...args: string[]) => {
      const where = ["-h", "localhost", "-p", `${server.tlsAddr!.port}`, "--cacert", `${folder}/ca.pem`];
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--no-prompt", "--no-check", "--allow-net", `--allow-read=${folder}/ca.pem`, "client/cli.ts"],
          ...[...where, ...args],
        ],
        cwd: ROOT,
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return [code, out, err];
    };
    try {
      assert.deepEqual(await cli("--pass", "secret", "QLPUSH", "q", "1", "x"), [0, "OK\n", ""]);
      assert.deepEqual(await cli("--user", "default", "--pass", "secret", "QRPOP", "q", "NOACK"), [0, "1\nx\n", ""]);
      const [code, , err] = await cli("--pass", "wrong", "PING");
      assert.equal(code, 1);
      assert.match(`${err}`, /^Cannot ask okq at localhost:\d+: WRONGPASS [^\n]+\n$/);
      assert.match(`${await cli("PING")}`, /NOAUTH/);
    } finally {
      await server.close();
    }
  });
});
