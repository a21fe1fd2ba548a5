import { Authority } from "../support/certificates.ts";
import { writeUsers } from "../support/users.ts";
import { assert } from "../deps.ts";
import { type Ended, Program } from "../support/process.ts";
import { programTest, redisTest, withFolder } from "../support/programs.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { readSource } from "../support/sources.ts";
import { connect, connectTls } from "../support/wire.ts";

/** Starts a server with these permissions only. */
function start(port: number, store: string, permissions: string[], args: string[] = []): Program {
  return new Program(["--listen-addr", `127.0.0.1:${port}`, "--store", store, ...args], { permissions });
}

/** Checks that a server without one of the permissions ends with an error that names it. */
async function needsEach(port: number, store: string, permissions: string[]): Promise<void> {
  for (const missing of permissions) {
    await using server = start(port, store, permissions.filter((one) => one !== missing));
    const { code, stdout, stderr }: Ended = await server.ended;
    assert.deepEqual([code, stdout], [1, ""], missing);
    assert.match(stderr, /^okq: [^\n]*--allow-(net|read|write)[^\n]*\n$/, missing);
  }
}

/** Pushes, pops and acknowledges an event. */
async function works(server: Program): Promise<void> {
  await using client = await connect(await server.addr());
  assert.equal(await client.command("QLPUSH", "q", "id", "contents"), "+OK");
  assert.deepEqual(await client.command("QRPOP", "q"), ["id", "contents"]);
  assert.equal(await client.command("QACK", "q", "id"), 1);
}

redisTest("With Redis okq needs network access to two ports, and no other permission", async () => {
  await using redis = await startRedis();
  const port = freePort();
  await using server = start(port, redis.url, [`--allow-net=127.0.0.1:${port},127.0.0.1:${redis.port}`]);
  await works(server);
  await Promise.all([port, redis.port].map(async (allowed) => {
    // Without access to Redis it tries until --store-timeout.
    await using other = start(port, redis.url, [`--allow-net=127.0.0.1:${allowed}`], ["--store-timeout", "5"]);
    const { code, stderr } = await other.ended;
    assert.equal(code, 1);
    assert.match(stderr, /^okq: .*Requires net access.*$/m);
  }));
});

programTest("With SQLite okq needs network access to its port, and read and write access to one file", async () => {
  await withFolder(async (folder) => {
    const port = freePort();
    const file = `${folder}/okq.db`;
    const permissions = [
      `--allow-net=127.0.0.1:${port}`,
      `--allow-read=${file}`,
      `--allow-write=${file},${file}-reserve`,
    ];
    for (let run = 0; run < 2; run++) {
      await using server = start(port, `sqlite:${file}`, permissions);
      await works(server);
      server.kill("SIGTERM");
      assert.equal((await server.ended).code, 0);
    }
    await needsEach(port, `sqlite:${file}`, permissions);
  });
});

programTest("With users and TLS okq also needs read access to their files", async () => {
  await withFolder(async (folder) => {
    const authority = await Authority.create();
    const { cert, key } = await authority.issue("server");
    const [certFile, keyFile, usersFile] = ["cert.pem", "key.pem", "users"].map((name) => `${folder}/${name}`);
    await Deno.writeTextFile(certFile, cert);
    await Deno.writeTextFile(keyFile, key);
    await writeUsers(usersFile, ["ann", "secret", "all *"]);
    const [port, tlsPort] = [freePort(), freePort()];
    const args = [
      ...["--tls-listen-addr", `127.0.0.1:${tlsPort}`, "--tls-cert", certFile, "--tls-key", keyFile],
      ...["--users", usersFile],
    ];
    const net = `--allow-net=127.0.0.1:${port},127.0.0.1:${tlsPort}`;
    await using server = start(
      port,
      "sqlite::memory:",
      [net, `--allow-read=${certFile},${keyFile},${usersFile}`],
      args,
    );
    await server.addr();
    await using client = await connectTls({ hostname: "127.0.0.1", port: tlsPort }, { caCerts: [authority.cert] });
    assert.equal(await client.command("AUTH", "ann", "secret"), "+OK");
    for (const files of [[keyFile, usersFile], [certFile, usersFile], [certFile, keyFile]]) {
      await using other = start(freePort(), "sqlite::memory:", ["--allow-net", `--allow-read=${files}`], args);
      const { code, stderr } = await other.ended;
      assert.equal(code, 1);
      assert.match(stderr, /^okq: Cannot read [^\n]* --allow-read=[^\n]*\n$/);
    }
  });
});

programTest("The tasks in deno.json have no other permissions", async () => {
  const { tasks } = JSON.parse(await readSource("deno.json"));
  const permissions = (task: string) => tasks[task].command.match(/--allow-\S+/g);
  assert.deepEqual(permissions("start"), [
    "--allow-net=127.0.0.1:4777,127.0.0.1:4778",
    "--allow-read=okq.db,okq.db-backup",
    "--allow-write=okq.db,okq.db-reserve",
  ]);
  assert.equal(permissions("hash"), null);
});
