import { Consumer, Producer, Refused, text, Unavailable } from "../../../mod.ts";
import { assert } from "../../deps.ts";
import { Authority } from "../../support/certificates.ts";
import { receiveOne } from "../../support/consuming.ts";
import { programTest, withFolder } from "../../support/programs.ts";
import { serveForTest } from "../../support/stores.ts";
import { writeUsers } from "../../support/users.ts";

/** A server that requires passwords, and on its TLS port client certificates. */
interface Secured {
  /** Of the TLS port. */
  address: string;
  plainAddress: string;
  caCert: string;
  /** The client's certificate. */
  client: { cert: string; key: string };
}

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
    const tlsListenAddr = { hostname: "127.0.0.1", port: 0 };
    const server = await serveForTest("sqlite::memory:", { tlsListenAddr, ...files, users });
    try {
      await body({
        address: `localhost:${server.tlsAddr!.port}`,
        plainAddress: `127.0.0.1:${server.addr.port}`,
        caCert: authority.cert,
        client: await authority.issue("client"),
      });
    } finally {
      await server.close();
    }
  });
}

programTest("Producer and Consumer log in, over TLS with a client certificate", async () => {
  await withSecured(async ({ address: addresses, caCert, client }) => {
    const options = { addresses, tls: { caCerts: [caCert], ...client }, codec: text };
    await using producer = new Producer({ ...options, username: "shop", password: "s" });
    const id = await producer.push("jobs", "hello");
    await using consumer = new Consumer({ ...options, username: "worker", password: "w", queues: "jobs" });
    const event = await receiveOne(consumer);
    assert.deepEqual([event.id, event.value, await event.ack()], [id, "hello", true]);
    await assert.rejects(producer.push("other", "x"), (error) => {
      assert.ok(error instanceof Refused);
      assert.equal(error.message, "NOPERM No permissions to access a key");
      return true;
    });
  });
});

programTest("A Producer's error says why a login or a TLS handshake failed", async () => {
  await withSecured(async ({ address: addresses, plainAddress, caCert, client }) => {
    const tls = { caCerts: [caCert], ...client };
    const cases: [ConstructorParameters<typeof Producer>[0], RegExp][] = [
      [{ addresses, username: "shop", password: "wrong", tls }, /WRONGPASS/],
      [{ addresses: plainAddress }, /NOAUTH/],
      [{ addresses, username: "shop", password: "s", tls: true }, /certificate|issuer|self.signed/i],
    ];
    // Each tries until its timeout, which is long enough for handshakes and password hashes on a busy machine.
    const results = await Promise.allSettled(cases.map(async ([options, reason]) => {
      await using producer = new Producer({ ...options, timeoutMs: 10_000 });
      await assert.rejects(producer.push("jobs", new Uint8Array(1)), (error: Error) => {
        assert.ok(error instanceof Unavailable || error instanceof Refused, error.name);
        assert.match(error.message, reason);
        return true;
      });
    }));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  });
});
