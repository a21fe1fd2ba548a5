import { parseConfig } from "../../../core/config/flags.ts";
import { defaultSettings, type Settings } from "../../../core/config/settings.ts";
import { checkSettings, completeSettings } from "../../../core/config/validate.ts";
import { serve } from "../../../server.ts";
import { assert } from "../../deps.ts";
import { runProgram } from "../../support/process.ts";
import { programTest } from "../../support/programs.ts";

const check = (line: string) => checkSettings(parseConfig(line.split(" "), {}));
const TLS = "--tls-cert c --tls-key k --tls-listen-addr";

const ALLOWED = [
  "--listen-addr 127.0.0.1:0",
  "--listen-addr 127.8.9.1:0",
  "--listen-addr [::1]:0",
  "--listen-addr localhost:0",
  "--listen-addr 0.0.0.0:0 --insecure",
  "--listen-addr 0.0.0.0:0 --requirepass x",
  "--listen-addr [::]:0 --requirepass-file x",
  "--listen-addr example.com:0 --users x",
  `${TLS} 127.0.0.1:0`,
  `${TLS} 0.0.0.0:0 --requirepass x`,
  `${TLS} 0.0.0.0:0 --tls-ca x`,
  `${TLS} 127.0.0.1:0 --listen-addr off`,
  "--http-addr 127.0.0.1:0",
  "--http-addr 0.0.0.0:0 --requirepass x",
  "--http-addr 0.0.0.0:0 --insecure",
  "--http-addr 127.0.0.1:0 --http-tls --tls-cert c --tls-key k",
];

const REFUSED: [line: string, reason: RegExp][] = [
  [
    "--listen-addr 0.0.0.0:4777",
    /^Cannot listen on 0\.0\.0\.0:4777 without a password: .*--requirepass-file.*--insecure$/,
  ],
  ["--listen-addr [::]:4777", /^Cannot listen on \[::\]:4777 without/],
  ["--listen-addr 192.168.1.1:0", /without a password/],
  ["--listen-addr 127.0.0.1.example.com:0", /without a password/],
  ["--listen-addr localhost.example.com:0", /without a password/],
  [`${TLS} 0.0.0.0:0`, /--tls-listen-addr 127\.0\.0\.1:0/],
  [`${TLS} 0.0.0.0:0 --tls-ca x --listen-addr 0.0.0.0:0`, /--listen-addr 127\.0\.0\.1:0/],
  ["--requirepass x --requirepass-file y", /: remove one$/],
  ["--tls-cert c --tls-key k", /^TLS requires --tls-cert, --tls-key and /],
  ["--tls-ca c", /^TLS requires --tls-cert, --tls-key and /],
  ["--tls-listen-addr 127.0.0.1:0", /^TLS requires --tls-cert, --tls-key and /],
  ["--tls-listen-addr 127.0.0.1:0 --tls-cert c", /^TLS requires --tls-cert, --tls-key and /],
  ["--http-addr 0.0.0.0:0", /^Cannot listen on 0\.0\.0\.0:0 without a password: .*--http-addr 127\.0\.0\.1:0/],
  [`${TLS} 0.0.0.0:0 --tls-ca x --http-addr 0.0.0.0:0`, /--http-addr 127\.0\.0\.1:0/],
  ["--http-addr 127.0.0.1:0 --http-tls", /^TLS requires --tls-cert, --tls-key and /],
  [
    "--http-addr 127.0.0.1:0 --http-tls --tls-cert c --tls-key k --tls-ca x",
    /^TLS requires --tls-cert, --tls-key and /,
  ],
  ["--http-tls --tls-cert c --tls-key k", /^--http-tls requires --http-addr$/],
  ["--listen-addr off", /^--listen-addr off requires --tls-listen-addr$/],
];

for (const line of ALLOWED) Deno.test(`checkSettings allows ${line}`, () => check(line));

for (const [line, reason] of REFUSED) {
  Deno.test(`checkSettings refuses ${line}`, () => assert.throws(() => check(line), { message: reason }));
}

programTest("The server does not start on a public address without a password, and says what to do", async () => {
  const { code, stdout, stderr } = await runProgram(["--listen-addr", "0.0.0.0:4777"]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^okq: Cannot listen on 0\.0\.0\.0:4777 without a password: set one with [^\n]+\n$/);
});

const BAD_VALUES: [settings: Record<string, unknown>, error: typeof TypeError | typeof RangeError, message: string][] =
  [
    [{ maxPipeline: 0 }, RangeError, "Cannot use 0 for maxPipeline: it must be a whole number from 1 to 1000000"],
    [{ maxPipeline: 1.5 }, RangeError, "Cannot use 1.5 for maxPipeline: it must be a whole number from 1 to 1000000"],
    [{ maxPipeline: NaN }, RangeError, "Cannot use NaN for maxPipeline: it must be a whole number from 1 to 1000000"],
    [
      { maxPipeline: "9" },
      TypeError,
      "Cannot use a value of type string for maxPipeline: it must be a whole number from 1 to 1000000",
    ],
    [
      { inputTimeoutMs: 0 },
      RangeError,
      "Cannot use 0 for inputTimeoutMs: it must be a number of milliseconds above 0, at most 86400000",
    ],
    [
      { idleTimeoutMs: -1 },
      RangeError,
      "Cannot use -1 for idleTimeoutMs: it must be a number of milliseconds, at most 86400000, or 0 for never",
    ],
    [
      { listenAddr: { hostname: "127.0.0.1", port: 70_000 } },
      RangeError,
      'Cannot use "127.0.0.1:70000" for listenAddr: it must be an object with a hostname and a port from 0 to 65535, or null',
    ],
    [
      { httpAddr: "127.0.0.1:0" },
      TypeError,
      "Cannot use a value of type string for httpAddr: it must be an object with a hostname and a port from 0 to 65535",
    ],
    [{ insecure: "yes" }, TypeError, "Cannot use a value of type string for insecure: it must be true or false"],
    [
      { httpAllowedHosts: "localhost" },
      TypeError,
      "Cannot use a value of type string for httpAllowedHosts: " +
      'it must be an array of host names without ports, or of "*" for any',
    ],
    [{ qstatus: "rows" }, RangeError, 'Cannot use "rows" for qstatus: it must be lines or array'],
    [
      { requirepass: 1234 },
      TypeError,
      "Cannot use a value of type number for requirepass: it must be " +
      "at least one character long",
    ],
    [{ maxWaiters: 5 }, TypeError, "Cannot use maxWaiters: serve has no such setting"],
  ];

for (const [settings, error, message] of BAD_VALUES) {
  Deno.test(`serve refuses ${JSON.stringify(settings)}`, async () => {
    const serving = serve({ listenAddr: { hostname: "127.0.0.1", port: 0 }, store: "sqlite::memory:", ...settings });
    await assert.rejects(serving.then((server) => server.close()), (thrown: Error) => {
      assert.deepEqual([thrown.constructor, thrown.message], [error, message]);
      return true;
    });
  });
}

Deno.test("completeSettings changes no allowed value, and takes undefined for the default", () => {
  const { listenAddr, ...defaults } = defaultSettings();
  const given: Partial<Settings> = {
    ...defaults,
    ...{ listenAddr: null, tlsListenAddr: { hostname: "::1", port: 0 }, httpAddr: { hostname: "localhost", port: 1 } },
    ...{ requirepass: "a:b@c d", tlsCert: "c e", idleTimeoutMs: 1, httpAllowedHosts: ["a", "b"], insecure: true },
  };
  assert.deepEqual(completeSettings(given), given);
  assert.deepEqual(completeSettings({ listenAddr: undefined }), { listenAddr, ...defaults });
  assert.equal(completeSettings({ storeTimeoutMs: 100 / 3 }).storeTimeoutMs, 34);
});

Deno.test("serve refuses a public address without a password", async () => {
  const listenAddr = { hostname: "0.0.0.0", port: 0 };
  await assert.rejects(serve({ listenAddr, store: "sqlite::memory:" }), /without a password/);
});
