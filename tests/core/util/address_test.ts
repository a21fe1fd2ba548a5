import { formatAddr, formatHostPort, type HostPort, parseHostPort } from "../../../core/util/address.ts";
import { assert } from "../../deps.ts";

const VALID: [text: string, expected: HostPort][] = [
  ["localhost", { host: "localhost" }],
  ["localhost:0", { host: "localhost", port: 0 }],
  ["127.0.0.1:4777", { host: "127.0.0.1", port: 4777 }],
  ["redis_1.internal:65535", { host: "redis_1.internal", port: 65535 }],
  ["[::1]", { host: "::1" }],
  ["[::1]:6379", { host: "::1", port: 6379 }],
  ["[::ffff:192.0.2.7]:1", { host: "::ffff:192.0.2.7", port: 1 }],
];

const INVALID = [
  "",
  ":1",
  "::1",
  "::1:6379",
  "[::1",
  "[]:1",
  "[host]:1",
  "h:",
  "h:65536",
  "h:-1",
  "h:1x",
  "h h:1",
  "a/b:1",
];

for (const [text, expected] of VALID) {
  Deno.test(`parseHostPort reads ${text}`, () => assert.deepEqual(parseHostPort(text), expected));
}

for (const text of INVALID) {
  Deno.test(`parseHostPort refuses ${JSON.stringify(text)}`, () => assert.equal(parseHostPort(text), undefined));
}

Deno.test("formatHostPort writes what parseHostPort reads", () => {
  for (const [text, { host, port }] of VALID) {
    if (port !== undefined) assert.equal(formatHostPort(host, port), text);
  }
});

Deno.test("formatAddr writes a TCP address, and nothing for one without a port", () => {
  assert.equal(formatAddr({ transport: "tcp", hostname: "::1", port: 80 }), "[::1]:80");
  assert.equal(formatAddr({ transport: "unix", path: "/run/okq.sock" }), "");
});
