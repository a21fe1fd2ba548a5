import { type Config, parseConfig } from "../../../core/config/flags.ts";
import { assert } from "../../deps.ts";

const none = {};
const defaults: Config = {
  listenAddr: { hostname: "127.0.0.1", port: 4777 },
  reusePort: false,
  store: "redis://127.0.0.1:6379/0",
  storeTimeoutMs: 5000,
  storeWaitReplicas: 0,
  storeWaitTimeoutMs: 1000,
  maxEventBytes: 16_777_216,
  maxNoblockPushes: 1024,
  qstatus: "lines",
  slowlogThresholdMs: 1000,
  logLevel: "info",
  logFormat: "text",
  insecure: false,
  httpTls: false,
  httpAllowedHosts: ["localhost"],
  metricsMaxQueues: 200,
  maxClients: 10_000,
  authTimeoutMs: 10_000,
  inputTimeoutMs: 60_000,
  idleTimeoutMs: 0,
  outputTimeoutMs: 60_000,
  maxOutputBuffer: 67_108_864,
  maxArguments: 65_536,
  maxInlineBytes: 65_536,
  maxPipeline: 4096,
  maxReadAheadBytes: 1_048_576,
  maxInFlightBytes: 268_435_456,
  maxClientQueues: 1024,
  maxRegistrations: 100_000,
  maxClaimBytes: 8_388_608,
  maxHeldEvents: 100_000,
  maxBlockedClients: 10_000,
  shutdownTimeoutMs: 10_000,
  help: false,
  hashPassword: false,
  version: false,
};

Deno.test("parseConfig has a default for every option", () => assert.deepEqual(parseConfig([], none), defaults));

const accepted: [args: string[], expected: Partial<Config>][] = [
  [["--listen-addr", "0.0.0.0:0"], { listenAddr: { hostname: "0.0.0.0", port: 0 } }],
  [["--listen-addr=[::1]:65535"], { listenAddr: { hostname: "::1", port: 65535 } }],
  [["--reuse-port"], { reusePort: true }],
  [["--listen-addr", "off"], { listenAddr: null }],
  [["--tls-listen-addr", "[::]:6380"], { tlsListenAddr: { hostname: "::", port: 6380 } }],
  [["--tls-cert", "a", "--tls-key", "b", "--tls-ca", "c"], { tlsCert: "a", tlsKey: "b", tlsCa: "c" }],
  [["--requirepass", "s3cret"], { requirepass: "s3cret" }],
  [["--requirepass-file", "f"], { requirepassFile: "f" }],
  [["--users", "f", "--insecure"], { users: "f", insecure: true }],
  [["--http-addr", "[::1]:0"], { httpAddr: { hostname: "::1", port: 0 } }],
  [["--http-tls", "--http-allowed-hosts", "okq.Example,b"], { httpTls: true, httpAllowedHosts: ["okq.example", "b"] }],
  [["--http-allowed-hosts", "*"], { httpAllowedHosts: ["*"] }],
  [["--hash-password"], { hashPassword: true }],
  [["--store-wait-replicas", "2", "--store-wait-timeout", "0.5"], { storeWaitReplicas: 2, storeWaitTimeoutMs: 500 }],
  [["--store", "rediss+sentinel://u:p@a:1,b:2/m/3"], { store: "rediss+sentinel://u:p@a:1,b:2/m/3" }],
  [["--store", "sqlite:my okq.db"], { store: "sqlite:my okq.db" }],
  [["--store", "sqlite::memory:"], { store: "sqlite::memory:" }],
  [["--store", "rediss://u:p@h:1/2"], { store: "rediss://u:p@h:1/2" }],
  [["--store", "redis+cluster://a:1,b:2"], { store: "redis+cluster://a:1,b:2" }],
  [["--store", "redis+sentinel://a:1,b:2/m"], { store: "redis+sentinel://a:1,b:2/m" }],
  [["--store-timeout", "0.25"], { storeTimeoutMs: 250 }],
  [["--max-event-bytes", "536870912"], { maxEventBytes: 536_870_912 }],
  [["--max-noblock-pushes", "0"], { maxNoblockPushes: 0 }],
  [["--qstatus=array"], { qstatus: "array" }],
  [["--log-level", "debug", "--log-level", "warn"], { logLevel: "warn" }],
  [["--log-format", "json"], { logFormat: "json" }],
  [["--slowlog-threshold", "0"], { slowlogThresholdMs: 0 }],
  [["--version"], { version: true }],
  [["-h"], { help: true }],
];
for (const [args, expected] of accepted) {
  Deno.test(`parseConfig takes ${args.join(" ")}`, () => {
    assert.deepEqual(parseConfig(args, none), { ...defaults, ...expected });
  });
}

const refused = [
  ["--listen-addr", "4777"],
  ["--listen-addr", "nowhere"],
  ["--listen-addr", "127.0.0.1:70000"],
  ["--listen-addr", "h:65536"],
  ["--listen-addr", "::1:4777"],
  ["--tls-listen-addr", "off"],
  ["--http-addr", "off"],
  ["--http-allowed-hosts", "a b"],
  ["--http-allowed-hosts", "a,*"],
  ["--requirepass", ""],
  ["--users", ""],
  ["--insecure=yes"],
  ["--hash-password=secret"],
  ["--store", "mysql://h"],
  ["--store", "sqlite:"],
  ["--store", "redis+sentinel://a:1"],
  ["--store"],
  ["--store-timeout", "0"],
  ["--store-timeout", "soon"],
  ["--store-timeout", "-1"],
  ["--store-timeout", "Infinity"],
  ["--max-event-bytes", "0"],
  ["--max-event-bytes", "536870913"],
  ["--max-event-bytes", "16MiB"],
  ["--max-event-bytes", "1e6"],
  ["--max-noblock-pushes", "-1"],
  ["--max-noblock-pushes", "1.5"],
  ["--qstatus", "rows"],
  ["--qstatus", "csv"],
  ["--log-level", "INFO\nx"],
  ["--log-format", "logfmt"],
  ["--help=yes"],
  ["--nonsense"],
  ["-x"],
  ["argument"],
  ["--", "argument"],
];
for (const args of refused) {
  Deno.test(`parseConfig refuses ${JSON.stringify(args.join(" "))} in one line`, () => {
    assert.throws(() => parseConfig(args, none), { name: "ConfigError", message: /^Cannot use ".*" ?.*: .+[^.]$/ });
  });
}

Deno.test("parseConfig says what is allowed", () => {
  assert.throws(() => parseConfig(["--log-level", "loud"], none), {
    message: 'Cannot use "loud" for --log-level: it must be debug, info, warn or error',
  });
});

Deno.test("parseConfig does not repeat a password", () => {
  assert.throws(() => parseConfig(["--store", "reddis://user:secret@host"], none), /user:…@host/);
});

Deno.test("parseConfig prefers flags to the environment, and that to defaults", () => {
  const env = { OKQ_LISTEN_ADDR: "h:1", OKQ_STORE_TIMEOUT: "9", OKQ_QSTATUS: "", PATH: "x" };
  assert.deepEqual(parseConfig(["--listen-addr", "h:2"], env), {
    ...defaults,
    listenAddr: { hostname: "h", port: 2 },
    storeTimeoutMs: 9000,
  });
});

Deno.test("parseConfig names the environment variable that is wrong", () => {
  const env = { OKQ_QSTATUS: "x" };
  assert.throws(() => parseConfig([], env), { message: 'Cannot use "x" for OKQ_QSTATUS: it must be lines or array' });
  assert.equal(parseConfig(["--help"], env).help, true);
});

Deno.test("parseConfig refuses an unknown variable of okq, and says what there is", () => {
  const message = /^Cannot use the variable "OKQ_REQUIREPAS": allowed are OKQ_LISTEN_ADDR, .*OKQ_REQUIREPASS, /;
  const env = { OKQ_REQUIREPAS: "s3cret" };
  assert.throws(
    () => parseConfig([], env),
    (error: Error) => message.test(error.message) && !/s3cret/.test(error.message),
  );
  assert.equal(parseConfig(["--help"], env).help, true);
});

Deno.test("parseConfig ignores empty variables, and those of Kubernetes for a service named okq", () => {
  const names = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_RESP", "PORT", "PORT_4777_TCP", "PORT_4777_TCP_ADDR"];
  const env = Object.fromEntries(
    names.flatMap((name) => [[`OKQ_${name}`, "tcp://10.0.0.1:1"], [`OKQ_BLUE_${name}`, "tcp:"]]),
  );
  assert.deepEqual(parseConfig([], { ...env, OKQ_NOPE: "" }), defaults);
});
