/**
 * Runs the same conversations on every store: a server of its own for each test, spoken to over a loopback socket.
 *
 * @module
 */
import { serve, type ServeOptions, type Server } from "../../server.ts";
import { TEST_MS } from "./limits.ts";
import { redisIsThere, sharedRedis } from "./redis_server.ts";
import { type Addr, connect, type Wire } from "./wire.ts";

/** What a test has to work with; all of it is closed when the test ends. */
export interface Fixture {
  /** Where the test's server listens. */
  addr: Addr;
  /** What `store` the server was given. */
  url: string;
  /** A new connection, to the test's server or another. */
  connect(addr?: Addr): Promise<Wire>;
  /** Another server, by default on the same store. */
  serve(options?: ServeOptions): Promise<Server>;
  /** A queue name that no other test has. */
  queue(): string;
}

/** A store to run tests on. */
export interface StoreUnderTest {
  /** "sqlite" or "redis". */
  name: string;
  /** What `--store` takes. */
  url: string;
  /** Declares a test of a server on this store; the name says what is tested and what is to be seen. */
  test(name: string, body: (okq: Fixture) => Promise<void>, options?: ServeOptions): void;
}

/** Starts a server on a free port, quiet about everything but errors. */
export function serveForTest(store: string, options: ServeOptions = {}): Promise<Server> {
  return serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store, logLevel: "error", ...options });
}

async function run(url: string, options: ServeOptions, body: (okq: Fixture) => Promise<void>): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const start = async (options: ServeOptions = {}) => {
    const server = await serveForTest(url, options);
    closing.defer(() => server.close());
    return server;
  };
  const { addr } = await start(options);
  await body({
    addr,
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

/** Runs a suite on Redis alone: what concerns several servers on one store, or a store that goes away. */
export async function onRedis(suite: (store: StoreUnderTest) => void): Promise<void> {
  const name = redisIsThere ? "redis" : "redis, skipped: no redis-server on this machine";
  const url = redisIsThere ? (await sharedRedis()).url : "";
  suite({ name: "redis", url, test: (...test) => declare(name, url, ...test) });
}

/** Runs a suite on every store. */
export async function forEachStore(suite: (store: StoreUnderTest) => void): Promise<void> {
  const url = "sqlite::memory:";
  suite({ name: "sqlite", url, test: (...test) => declare("sqlite", url, ...test) });
  await onRedis(suite);
}
