/**
 * Declares tests that run on every store, each with its own server.
 *
 * @module
 */
import { serve, type ServeOptions, type Server } from "../../server.ts";
import { TEST_MS, WAIT_MS } from "./limits.ts";
import { sendToRedis } from "./redis_command.ts";
import { hasRedis, sharedRedis } from "./redis_server.ts";
import { type Addr, connect, type Wire } from "./wire.ts";

/** The environment of a test. Its servers and connections are closed when the test ends. */
export interface Fixture {
  /** The address of the test's server. */
  addr: Addr;
  /** The test's server. */
  server: Server;
  /** The value of `store` of the server. */
  url: string;
  /** Opens a connection, by default to the test's server. */
  connect(addr?: Addr): Promise<Wire>;
  /** Starts another server, by default on the same store. */
  serve(options?: ServeOptions): Promise<Server>;
  /** Returns a unique queue name. */
  queue(): string;
}

/** A store to run tests on. */
export interface StoreUnderTest {
  /** "sqlite" or "redis". */
  name: string;
  /** The value for `--store`. */
  url: string;
  /** Declares a test with a server on this store. */
  test(name: string, body: (okq: Fixture) => Promise<void>, options?: ServeOptions): void;
}

/** Starts a server on a free port, which logs errors only and waits long for its store. Disposing of it closes it. */
export async function serveForTest(store: string, options: ServeOptions = {}): Promise<Server & AsyncDisposable> {
  const listenAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serve({ listenAddr, store, storeTimeoutMs: WAIT_MS, logLevel: "error", ...options });
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() });
}

async function run(url: string, options: ServeOptions, body: (okq: Fixture) => Promise<void>): Promise<void> {
  // What tests of other files have left in the Redis that they share.
  if (url.startsWith("redis:")) await sendToRedis(await sharedRedis(), "FLUSHALL");
  await using closing = new AsyncDisposableStack();
  const start = async (options: ServeOptions = {}) => {
    const server = await serveForTest(url, options);
    closing.defer(() => server.close());
    return server;
  };
  const server = await start(options);
  const { addr } = server;
  await body({
    addr,
    server,
    url,
    connect: async (to = addr) => closing.use(await connect(to)),
    serve: start,
    queue: () => `q-${crypto.randomUUID()}`,
  });
}

function declare(store: string, url: string, name: string, ...[body, options]: [Body, ServeOptions?]): void {
  Deno.test({
    name: `${name} (${store})`,
    ignore: url === "",
    sanitizeOps: true,
    sanitizeResources: true,
    timeout: TEST_MS,
    fn: () => run(url, options ?? {}, body),
  });
}

type Body = (okq: Fixture) => Promise<void>;

/** Runs a suite on Redis only: tests with several servers on one store, or with a store that fails. */
export async function forRedis(suite: (store: StoreUnderTest) => void): Promise<void> {
  const name = hasRedis ? "redis" : "redis, skipped: no redis-server on this machine";
  const url = hasRedis ? (await sharedRedis()).url : "";
  suite({ name: "redis", url, test: (...test) => declare(name, url, ...test) });
}

/** Runs a suite on every store. */
export async function forEachStore(suite: (store: StoreUnderTest) => void): Promise<void> {
  const url = "sqlite::memory:";
  suite({ name: "sqlite", url, test: (...test) => declare("sqlite", url, ...test) });
  await forRedis(suite);
}
