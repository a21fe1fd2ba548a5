import type { Socket } from "../../../core/net/socket.ts";
import { TlsSocketConnection } from "../../../core/net/tls_socket.ts";
import { Authority } from "../../support/certificates.ts";
import { assert } from "../../deps.ts";
import { eventually } from "../../support/eventually.ts";

/** More than the buffers of sockets and streams hold. */
const SENT_BYTES = 32 * 1024 * 1024;

/** A connection that counts what is read from it. */
class Counted implements Socket {
  count = 0;
  constructor(readonly socket: Deno.TcpConn) {}
  get localAddr(): Deno.Addr {
    return this.socket.localAddr;
  }
  get remoteAddr(): Deno.Addr {
    return this.socket.remoteAddr;
  }
  async read(into: Uint8Array): Promise<number | null> {
    const count = await this.socket.read(into);
    this.count += count ?? 0;
    return count;
  }
  write(bytes: Uint8Array): Promise<number> {
    return this.socket.write(bytes);
  }
  closeWrite(): Promise<void> {
    return this.socket.closeWrite();
  }
  close(): void {
    this.socket.close();
  }
}

Deno.test("A TLS connection does not read far ahead of its reader, and loses nothing", async () => {
  const authority = await Authority.create();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const connecting = Deno.connectTls({ hostname: "localhost", port, caCerts: [authority.cert] });
  const below = new Counted(await listener.accept());
  const shaking = TlsSocketConnection.handshake(below, await authority.issue("server"), new AbortController().signal);
  using client = await connecting;
  await client.handshake();
  const server = await shaking;

  const sending = (async () => {
    const block = new Uint8Array(65_536).map((_, i) => i % 251);
    for (let sent = 0; sent < SENT_BYTES;) sent += await client.write(block.subarray(sent % block.length));
    await client.closeWrite();
  })();
  await eventually(() => below.count > 10_000);
  const before = below.count;
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(below.count < before + 256 * 1024, `${below.count} bytes were read ahead`);

  const into = new Uint8Array(100_000);
  let received = 0;
  for (let count = await server.read(into); count !== null; count = await server.read(into)) {
    for (let i = 0; i < count; i += 997) assert.equal(into[i], ((received + i) % 65_536) % 251);
    received += count;
  }
  assert.equal(received, SENT_BYTES);
  await sending;
  assert.equal(await server.write(new Uint8Array(3)), 3, "its own side is still open");
  assert.equal(await client.read(into), 3);
  server.close();
  assert.equal(await client.read(into), null);
  await assert.rejects(server.write(new Uint8Array(1)), Deno.errors.BrokenPipe);
});
