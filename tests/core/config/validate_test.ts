import { parseConfig } from "../../../core/config/flags.ts";
import { checkSettings } from "../../../core/config/validate.ts";
import { serve } from "../../../server.ts";
import { assert } from "../../deps.ts";
import { runProgram } from "../../support/process.ts";
import { programTest } from "../../support/programs.ts";

const check = (line: string) => checkSettings(parseConfig(line.split(" "), () => undefined));
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

Deno.test("serve refuses a public address without a password", async () => {
  const listenAddr = { hostname: "0.0.0.0", port: 0 };
  await assert.rejects(serve({ listenAddr, store: "sqlite::memory:" }), /without a password/);
});
