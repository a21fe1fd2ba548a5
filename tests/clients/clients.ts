/**
 * The clients that okq is tested with: the row of each in docs/clients.md, and the properties that its test needs.
 *
 * @module
 */

/** The runtime of a client from npm. */
export type Runtime = "Deno" | "Node";

/** The row of a client in docs/clients.md. */
export interface Row {
  name: string;
  /** The tested version. */
  version: string;
  /** How long it waits for a reply by default. */
  waits: string;
  /** Recommended options; empty if there are none. */
  set: string;
  /** Notes. */
  know: string;
}

/** A client and its behavior, by default or with the recommended options. */
export interface Client extends Row {
  /** The folder of its driver. */
  folder: string;
  /** Packages of Debian, first the one whose version counts, and the program that runs the driver. */
  debian?: { packages: string[]; program: string; driver: string };
  /** The package of PyPI; its driver is `client.py`. */
  pip?: string;
  /** The package of npm, its alias for this version, and the runtimes to test. */
  npm?: { package: string; alias: string; runtimes: Runtime[] };
  /** Its type of an error reply. */
  error: string;
  /** Its types of errors between the loss of a connection and the reconnection. */
  lost: string[];
  /** Its default time limit for a reply, and the type of the error. The flags set that limit. */
  timeout?: { seconds: number; error: string; flags?: string[] };
  /** It reconnects by default (`open`), or with the recommended options (`open-set`). */
  reconnects: "open" | "open-set";
  /** It speaks RESP3 by default, and returns maps as maps or as flat lists of keys and values. */
  maps?: "maps" | "lists";
  /** It returns integers as text. */
  textual?: true;
  /** Lines that it writes to the console about errors and, on a busy machine, about delays. */
  says?: RegExp;
}

const PHP_TIMEOUT = { seconds: 2, flags: ["-d", "default_socket_timeout=2"] }; // the default of one minute would make the test long

const NODE_REDIS: Omit<Client, "version" | "know" | "npm" | "error"> = {
  name: "node-redis",
  waits: "for ever",
  set: "",
  folder: "node_redis",
  lost: ["SocketClosedUnexpectedlyError", "ClientOfflineError"],
  reconnects: "open",
};

const IOREDIS: Omit<Client, "version" | "know" | "npm" | "error"> = {
  name: "ioredis",
  waits: "for ever",
  set: "",
  folder: "ioredis",
  lost: ["MaxRetriesPerRequestError"],
  reconnects: "open",
};

const REDIS_PY: Omit<Client, "version" | "waits" | "set" | "know"> = {
  name: "redis-py",
  folder: "redis_py",
  error: "redis.exceptions.ResponseError",
  lost: ["redis.exceptions.ConnectionError"],
  reconnects: "open",
};

/** A program, not a library; it has its own tests. */
export const REDIS_CLI: Row = {
  name: "redis-cli",
  version: "7.0.15",
  waits: "for ever",
  set: "",
  know: "hints and `help` from okq's own table; `-3`, `--pipe` and `-x` work; reconnects with the next command",
};

/** All client libraries. */
export const CLIENTS: readonly Client[] = [
  {
    ...REDIS_PY,
    version: "8.1.0",
    waits: "5 s, then it reconnects and repeats the command up to 10 times",
    set: "`retry=None`, and `socket_timeout=None` or more than QNOTIFY's timeout",
    know: "`execute_command(…)`; pipelines with `pipeline(transaction=False)`; RESP3",
    pip: "redis",
    // QNOTIFY is repeated on a connection that has registered nothing.
    timeout: { seconds: 5, error: "redis.exceptions.ResponseError" },
    maps: "maps",
  },
  {
    ...REDIS_PY,
    version: "4.3.4",
    waits: "for ever",
    set: "",
    know: "as 8, with RESP2",
    debian: { packages: ["python3-redis"], program: "/usr/bin/python3", driver: "client.py" },
  },
  {
    name: "redis-rb",
    version: "4.8.0",
    waits: "5 s, then sends QNOTIFY again, which is `ERR no queues registered`",
    set: "`read_timeout: 0`, or more than QNOTIFY's timeout",
    know: "`call(…)`; sends a command again, on a new connection, when the reply is late or the connection is lost",
    folder: "redis_rb",
    debian: { packages: ["ruby-redis"], program: "/usr/bin/ruby", driver: "client.rb" },
    error: "Redis::CommandError",
    lost: ["Redis::ConnectionError", "Redis::CannotConnectError"],
    timeout: { seconds: 5, error: "Redis::CommandError" },
    reconnects: "open",
  },
  {
    name: "phpredis",
    version: "5.3.7",
    waits: "60 s (`default_socket_timeout`), then `RedisException`",
    set: "`setOption(Redis::OPT_READ_TIMEOUT, -1)`",
    know: "`rawCommand(…)`; OK is `true`; nil and an error are `false`, and `getLastError()` tells them apart",
    folder: "phpredis",
    debian: { packages: ["php-redis", "php-cli"], program: "/usr/bin/php", driver: "client.php" },
    error: "getLastError",
    lost: ["RedisException"],
    timeout: { ...PHP_TIMEOUT, error: "RedisException" },
    reconnects: "open",
  },
  {
    name: "Predis",
    version: "1.1.10",
    waits: "60 s (`default_socket_timeout`), then `Predis\\Connection\\ConnectionException`",
    set: "`'read_write_timeout' => -1`",
    know: "`executeCommand(new RawCommand([…]))`; the call after a lost connection fails, the next one reconnects",
    folder: "predis",
    debian: { packages: ["php-nrk-predis", "php-cli"], program: "/usr/bin/php", driver: "client.php" },
    error: "Predis\\Response\\ServerException",
    lost: ["Predis\\Connection\\ConnectionException"],
    timeout: { ...PHP_TIMEOUT, error: "Predis\\Connection\\ConnectionException" },
    reconnects: "open",
  },
  {
    name: "Perl's Redis",
    version: "2.000",
    waits: "for ever",
    set: "`reconnect => 60`, or it stays disconnected",
    know: "`$redis->qlpush(…)`; integers are strings, as all scalars; errors `die`",
    folder: "perl_redis",
    debian: { packages: ["libredis-perl"], program: "/usr/bin/perl", driver: "client.pl" },
    error: "die",
    lost: ["die"],
    reconnects: "open-set",
    textual: true,
  },
  {
    name: "hiredis",
    version: "0.14.1",
    waits: "for ever",
    set: "",
    know: "`redisCommandArgv(…)`; call `redisReconnect()` after a reply of `NULL`",
    folder: "hiredis",
    debian: { packages: ["libhiredis-dev", "gcc", "libc6-dev"], program: "/usr/bin/gcc", driver: "client.c" },
    error: "REDIS_REPLY_ERROR",
    lost: ["REDIS_ERR_EOF", "REDIS_ERR_IO"],
    reconnects: "open",
  },
  {
    ...NODE_REDIS,
    version: "6.3.1",
    know: "`sendCommand([…])`, for bytes with `{ typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }`; RESP3",
    npm: { package: "redis", alias: "redis", runtimes: ["Deno", "Node"] },
    error: "SimpleError",
    maps: "maps",
  },
  {
    ...NODE_REDIS,
    version: "5.12.1",
    know: "as 6, with RESP2",
    npm: { package: "redis", alias: "redis-5", runtimes: ["Node"] },
    error: "SimpleError",
  },
  {
    ...NODE_REDIS,
    version: "4.7.1",
    know: "as 5, for bytes `sendCommand([…], commandOptions({ returnBuffers: true }))`",
    npm: { package: "redis", alias: "redis-4", runtimes: ["Node"] },
    error: "ErrorReply",
  },
  {
    ...IOREDIS,
    version: "6.0.0",
    know: "`call(…)`, for bytes `callBuffer(…)`; RESP3, with maps as flat lists",
    npm: { package: "ioredis", alias: "ioredis", runtimes: ["Deno", "Node"] },
    error: "SimpleError",
    maps: "lists",
  },
  {
    ...IOREDIS,
    version: "5.11.1",
    know: "as 6, with RESP2",
    npm: { package: "ioredis", alias: "ioredis-5", runtimes: ["Node"] },
    error: "ReplyError",
  },
  {
    name: "Valkey GLIDE",
    version: "2.5.2",
    waits: "0.25 s, then `TimeoutError`",
    set: "`requestTimeout` above QNOTIFY's timeout, in milliseconds",
    know: "`customCommand([…])`, for bytes with `{ decoder: Decoder.Bytes }`; RESP3; writes errors to the console too",
    folder: "valkey_glide",
    npm: { package: "@valkey/valkey-glide", alias: "@valkey/valkey-glide", runtimes: ["Deno", "Node"] },
    error: "RequestError",
    lost: ["ClosingError", "ConnectionError", "RequestError", "TimeoutError"],
    timeout: { seconds: 0.25, error: "TimeoutError" },
    reconnects: "open",
    maps: "maps",
    says: /received error|timeout_watchdog|response wait took|connection|reconnect/i,
  },
];
