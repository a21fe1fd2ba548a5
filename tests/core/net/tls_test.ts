import { Authority, type Certificate } from "../../support/certificates.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";
import { startServer } from "../../support/process.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { connect, connectTls } from "../../support/wire.ts";
import type { ServeOptions, Server } from "../../../server.ts";

const ANY_PORT = { hostname: "127.0.0.1", port: 0 };
const authority = await Authority.create();

/** Writes the certificate and the key of a server. Returns the settings with their paths. */
async function write(folder: string, { cert, key }: Certificate): Promise<{ tlsCert: string; tlsKey: string }> {
  const files = { tlsCert: `${folder}/server.pem`, tlsKey: `${folder}/server.key` };
  await Deno.writeTextFile(files.tlsCert, cert);
  await Deno.writeTextFile(files.tlsKey, key);
  return files;
}

/** Declares a test of a server with TLS. */
function tlsTest(
  name: string,
  body: (server: Server, folder: string) => Promise<void>,
  settings: (folder: string) => Promise<ServeOptions> = () => Promise.resolve({}),
): void {
  programTest(name, () =>
    withFolder(async (folder) => {
      const files = await write(folder, await authority.issue("server"));
      const server = await serveForTest("sqlite::memory:", {
        tlsListenAddr: ANY_PORT,
        ...files,
        ...await settings(folder),
      });
      try {
        await body(server, folder);
      } finally {
        await server.close();
      }
    }));
}

tlsTest("The TLS port and the plain port serve the same queues", async (server) => {
  await using plain = await connect(server.addr);
  await using secure = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
  await secure.command("QREGISTER", "q");
  await secure.send("QNOTIFY", "600");
  assert.equal(await plain.command("QLPUSH", "q", "1", "x"), "+OK");
  assert.equal(await secure.shown(), "q");
  assert.deepEqual(await secure.command("QRPOP", "q"), ["1", "x"]);
  assert.match(`${await secure.command("CLIENT", "INFO")}`, / addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ /);
});

tlsTest("The server can listen with TLS only", async (server) => {
  assert.deepEqual(server.addr, server.tlsAddr);
  await using client = await connectTls(server.addr, { caCerts: [authority.cert] });
  assert.equal(await client.command("PING"), "+PONG");
}, () => Promise.resolve({ listenAddr: null }));

tlsTest("Large contents and long pipelines arrive complete and in order over TLS", async (server) => {
  await using client = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
  const contents = crypto.getRandomValues(new Uint8Array(65_536));
  const big = new Uint8Array(8 * 1024 * 1024).map((_, i) => contents[i & 0xffff]);
  const sent = client.send("QLPUSH", "q", "big", big);
  assert.equal(await client.shown(), "+OK");
  await sent;
  await client.send("QRPOP", "q");
  const [, back] = await client.reply() as Uint8Array[];
  assert.ok(back.length === big.length && back.every((byte, i) => byte === big[i]));
  const pinging = client.raw(Array.from({ length: 5000 }, (_, i) => `PING ${i}\r\n`).join(""));
  for (let i = 0; i < 5000; i++) assert.equal(await client.shown(), `${i}`);
  await pinging;
});

tlsTest("A TLS client that sends QUIT or closes its sending side receives all replies first", async (server) => {
  await using quitting = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
  await quitting.raw("PING\r\nQUIT\r\n");
  assert.equal(await quitting.closed(), "+PONG\r\n+OK\r\n");
  await using ending = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
  await ending.raw("PING\r\nPING 2\r\n");
  await ending.closeWrite();
  assert.equal(await ending.closed(), "+PONG\r\n$1\r\n2\r\n");
});

tlsTest(
  "A client without TLS, or one that trusts another authority, is refused, and others are served",
  async (server) => {
    await using plain = await connect(server.tlsAddr!);
    await plain.raw("PING\r\n".repeat(10));
    assert.doesNotMatch(await plain.closed(), /PONG/);
    await using silent = await connect(server.tlsAddr!);
    const stranger = await Authority.create();
    await assert.rejects(connectTls(server.tlsAddr!, { caCerts: [stranger.cert] }), /certificate|UnknownIssuer/i);
    await using client = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
    assert.equal(await client.command("PING"), "+PONG");
    silent.close();
  },
);

tlsTest(
  "Beyond 1,000 concurrent TLS handshakes a connection is refused, and established ones are served",
  async (server) => {
    await using before = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
    const handshake = async () => (await connectTls(server.tlsAddr!, { caCerts: [authority.cert] })).close();
    // A handshake times out after 10 s. If opening 1,000 takes longer than that, they are opened again.
    await eventually(async () => {
      const silent = await Promise.all(Array.from({ length: 1000 }, () => connect(server.tlsAddr!)));
      try {
        await eventually(() => assert.rejects(handshake), 5000);
        assert.equal(await before.command("PING"), "+PONG");
      } finally {
        for (const client of silent) client.close();
      }
    });
    await eventually(async () => {
      await using after = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
      assert.equal(await after.command("PING"), "+PONG");
    });
  },
);

tlsTest("TLS clients that disconnect with unread replies do not disturb others", async (server) => {
  await using client = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
  for (let i = 0; i < 20; i++) {
    const disconnecting = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
    await disconnecting.raw("PING\r\n".repeat(10_000));
    disconnecting.close(); // with unread replies, which resets the connection
  }
  await eventually(async () => {
    return (await client.command("CLIENT", "LIST") as string).trimEnd().split("\n").length === 1;
  });
});

const clients = await Authority.create("clients");

tlsTest("With --tls-ca a client needs a certificate of that authority", async (server) => {
  const caCerts = [authority.cert];
  await using client = await connectTls(server.tlsAddr!, { caCerts, ...await clients.issue("ann") });
  assert.equal(await client.command("PING"), "+PONG");
  for (const own of [{}, await authority.issue("eve"), await (await Authority.create("clients")).issue("eve")]) {
    // In TLS 1.3 a client learns that its certificate is refused only after its own handshake is complete.
    const refused = (async () => {
      await using client = await connectTls(server.tlsAddr!, { caCerts, ...own });
      return await client.command("PING");
    })();
    await assert.rejects(refused);
  }
}, async (folder) => {
  await Deno.writeTextFile(`${folder}/ca.pem`, clients.cert);
  return { tlsCa: `${folder}/ca.pem` };
});

tlsTest("A new certificate is used after reload, and connections stay open", async (server, folder) => {
  const next = await Authority.create("next");
  await using old = await connectTls(server.tlsAddr!, { caCerts: [authority.cert] });
  await write(folder, await next.issue("server"));
  await server.reload();
  await using client = await connectTls(server.tlsAddr!, { caCerts: [next.cert] });
  assert.equal(await client.command("PING"), "+PONG");
  await assert.rejects(connectTls(server.tlsAddr!, { caCerts: [authority.cert] }), /certificate|UnknownIssuer/i);
  assert.equal(await old.command("PING"), "+PONG");

  await Deno.writeTextFile(`${folder}/server.pem`, "nonsense");
  await assert.rejects(server.reload(), {
    message: `Cannot use ${folder}/server.pem: it does not hold a certificate in PEM`,
  });
  await write(folder, { ...await next.issue("server"), key: (await next.issue("server")).key });
  await assert.rejects(server.reload(), /server\.key: it is not the key of /);
  await using other = await connectTls(server.tlsAddr!, { caCerts: [next.cert] });
  assert.equal(await other.command("PING"), "+PONG");
});

programTest(
  "The server reads certificates, users and passwords again on SIGHUP, and needs permission for these files only",
  async () => {
    await withFolder(async (folder) => {
      await write(folder, await authority.issue("server"));
      const next = await Authority.create("next");
      await Deno.writeTextFile(`${folder}/password`, "first\n");
      const files = ["server.pem", "server.key", "password"].map((name) => `${folder}/${name}`);
      await using server = startServer("sqlite::memory:", [
        ...["--tls-listen-addr", "127.0.0.1:0", "--tls-cert", files[0], "--tls-key", files[1]],
        ...["--requirepass-file", files[2]],
      ], { permissions: ["--allow-net=127.0.0.1", `--allow-read=${files}`] });
      const [, hostname, port] = await server.line(/^listening on (.+):(\d+) with TLS$/);
      const addr = { hostname, port: Number(port) };
      await using client = await connectTls(addr, { caCerts: [authority.cert] });
      assert.equal(await client.command("AUTH", "first"), "+OK");
      await write(folder, await next.issue("server"));
      await Deno.writeTextFile(`${folder}/password`, "second\n");
      server.kill("SIGHUP");
      assert.equal(await client.closed(), "", "its password is not valid any more");
      await using other = await connect(await server.addr());
      assert.equal(await other.command("AUTH", "second"), "+OK");
      await using secure = await connectTls(addr, { caCerts: [next.cert] });
      assert.equal(await secure.command("AUTH", "second"), "+OK");
      server.kill("SIGTERM");
      const { code, stderr } = await server.ended;
      assert.equal(code, 0);
      assert.match(stderr, / info Reloaded passwords, users and certificates\n/);
    });
  },
);

programTest("The server names the file that it cannot read and the missing permission, in one line", async () => {
  await withFolder(async (folder) => {
    const files = await write(folder, await authority.issue("server"));
    await using server = startServer("sqlite::memory:", [
      ...["--tls-listen-addr", "127.0.0.1:0", "--tls-cert", files.tlsCert, "--tls-key", files.tlsKey],
    ], { permissions: ["--allow-net", `--allow-read=${files.tlsKey}`] });
    const { code, stderr } = await server.ended;
    assert.equal(code, 1);
    assert.equal(stderr, `okq: Cannot read ${files.tlsCert}: start Deno with --allow-read=${files.tlsCert}\n`);
  });
});
