import { startOkq } from "../../testing/okq_process.ts";
import { Authority } from "../support/certificates.ts";
import { migrateCommand } from "../../migrate/migrate.ts";
import { assert } from "../deps.ts";
import { dumpOf, fill, loadInto, QUIET, withStore } from "../support/dumps.ts";
import { runProgram } from "../support/process.ts";
import { redisTest, withFolder } from "../support/programs.ts";
import { startCluster } from "../support/redis_cluster.ts";
import { sendToRedis, setPassword } from "../support/redis_command.ts";
import { startSentinelRedis } from "../support/redis_sentinel.ts";
import { freePort, startRedis } from "../support/redis_server.ts";
import { readSource } from "../support/sources.ts";
import { type Addr, connect } from "../support/wire.ts";

const PASSWORD = "s3cret";

/** Waits for, pushes, pops and acknowledges an event, which uses both connections from okq to Redis. */
async function worksAt(addr: Addr): Promise<void> {
  await using consumer = await connect(addr);
  await using producer = await connect(addr);
  await consumer.command("QREGISTER", "q");
  await consumer.send("QNOTIFY", "600");
  assert.equal(await producer.command("QLPUSH", "q", "id", "contents"), "+OK");
  assert.equal(await consumer.shown(), "q");
  assert.deepEqual(await consumer.command("QRPOP", "q"), ["id", "contents"]);
  assert.equal(await producer.command("QACK", "q", "id"), 1);
}

async function works(store: string, permissions?: string[]): Promise<void> {
  await using okq = await startOkq({ store, permissions });
  await worksAt(okq.addr);
  await okq.stop(); // a killed one would count as in use for half a minute
}

/** Checks that okq ends with an error of one line that has the reason and not the password. */
async function isRefused(store: string, reason: RegExp): Promise<void> {
  // It tries until --store-timeout.
  const args = ["--listen-addr", "127.0.0.1:0", "--store", store, "--store-timeout", "5"];
  const { code, stdout, stderr } = await runProgram(args);
  assert.deepEqual([code, stdout], [1, ""]);
  const lines = stderr.trim().split("\n");
  assert.match(lines.at(-1)!, reason);
  assert.ok(!stderr.includes("wrong-one"), stderr);
}

redisTest("okq uses a Redis with a password, and ends with an error if the password is wrong", async () => {
  await using redis = await startRedis();
  await setPassword(redis.port, PASSWORD);
  await works(`redis://:${PASSWORD}@127.0.0.1:${redis.port}`);
  await Promise.all([
    isRefused(`redis://:wrong-one@127.0.0.1:${redis.port}`, /WRONGPASS/),
    isRefused(redis.url, /NOAUTH/),
  ]);
});

/** The user that the documentation describes. */
async function documentedUser(): Promise<string[]> {
  const [, rules] = /^ACL SETUSER okq on >password (.*)$/m.exec(await readSource("docs/security.md"))!;
  return ["ACL", "SETUSER", "okq", "on", `>${PASSWORD}`, ...rules.split(" ")];
}

redisTest("okq uses a Redis with the user that the documentation describes", async () => {
  await using redis = await startRedis();
  await sendToRedis(redis, ...await documentedUser());
  const store = `redis://okq:${PASSWORD}@127.0.0.1:${redis.port}`;
  await works(store);
  const { code, stdout } = await runProgram(["store", "check", "--store", store]);
  assert.equal(code, 0, stdout);
  await withStore(store, fill);
  await migrateCommand(["--from", store, "--store", `${store}/1`, ...QUIET]);
  assert.equal(await dumpOf(`${store}/1`), await dumpOf(store));
  await loadInto(`${store}/2`, await dumpOf(store));
});

redisTest("okq uses a Cluster with the user that the documentation describes", async () => {
  await using cluster = await startCluster();
  for (const server of cluster.servers) await cluster.send(server, ...await documentedUser());
  const store = cluster.url.replace("//", `//okq:${PASSWORD}@`);
  await works(store);
  const { code, stdout } = await runProgram(["store", "check", "--store", store]);
  assert.equal(code, 0, stdout);
});

redisTest("okq ends with an error if its user may use no channels, and says how to allow them", async () => {
  await using redis = await startRedis();
  const rules = ["resetchannels", "~okq:*", "+@all"];
  await sendToRedis(redis, "ACL", "SETUSER", "okq", "on", `>${PASSWORD}`, ...rules);
  await isRefused(
    `redis://okq:${PASSWORD}@127.0.0.1:${redis.port}`,
    /^okq: Cannot use Redis at [^ ]+: its user okq has no permission for the channels 0@okq:\*: run ACL SETUSER okq &0@okq:\*$/,
  );
});

redisTest("okq uses Sentinels and servers with passwords", async () => {
  await using redis = await startSentinelRedis({ replicas: 1, password: PASSWORD, sentinelPassword: "an0ther" });
  await works(redis.url);
});

redisTest("okq uses a Cluster with a password", async () => {
  await using cluster = await startCluster({ password: PASSWORD });
  await works(cluster.url);
});

/** Calls `body` with what a redis-server and okq need for TLS. */
async function withTls(body: (tlsArgs: (port: number) => string[], permissions: string[]) => Promise<void>) {
  await withFolder(async (folder) => {
    const authority = await Authority.create();
    const { cert, key } = await authority.issue("redis");
    for (const [name, pem] of [["ca.pem", authority.cert], ["server.pem", cert], ["server.key", key]]) {
      await Deno.writeTextFile(`${folder}/${name}`, pem);
    }
    const tlsArgs = (port: number) => [
      ...["--tls-port", `${port}`, "--tls-auth-clients", "no", "--tls-ca-cert-file", `${folder}/ca.pem`],
      ...["--tls-cert-file", `${folder}/server.pem`, "--tls-key-file", `${folder}/server.key`],
    ];
    await body(tlsArgs, ["--allow-net", `--cert=${folder}/ca.pem`]);
  });
}

redisTest("okq uses a Redis with TLS if it trusts the certificate, and ends with an error otherwise", async () => {
  await withTls(async (tlsArgs, permissions) => {
    const port = freePort();
    await using redis = await startRedis({ args: tlsArgs(port) });
    await setPassword(redis.port, PASSWORD);
    const store = `rediss://:${PASSWORD}@localhost:${port}`;
    await works(store, permissions);
    await isRefused(store, /certificate|UnknownIssuer/i);
  });
});

redisTest("okq uses a Cluster with TLS if it trusts the certificates, and ends with an error otherwise", async () => {
  await withTls(async (tlsArgs, permissions) => {
    const ports: number[] = [];
    const args = () => {
      ports.push(freePort());
      return [...tlsArgs(ports.at(-1)!), "--tls-cluster", "yes", "--tls-replication", "yes"];
    };
    await using cluster = await startCluster({ password: PASSWORD, args });
    assert.equal(cluster.servers.length, ports.length);
    const store = `rediss+cluster://:${PASSWORD}@localhost:${ports[0]}`;
    await works(store, permissions);
    await isRefused(store, /certificate|UnknownIssuer/i);
  });
});
