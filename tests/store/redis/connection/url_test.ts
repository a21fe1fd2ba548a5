import { formatAddress, parseRedisUrl } from "../../../../store/redis/connection/url.ts";
import { assert } from "../../../deps.ts";

const base = {
  kind: "single",
  tls: false,
  username: undefined,
  password: undefined,
  master: "",
  database: 0,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
};

const understood: [url: string, expected: Record<string, unknown>][] = [
  ["redis://", { addresses: [{ host: "127.0.0.1", port: 6379 }] }],
  ["redis://h", { addresses: [{ host: "h", port: 6379 }] }],
  ["redis://[::1]:7/3", { addresses: [{ host: "::1", port: 7 }], database: 3 }],
  ["rediss://u:p%40%2F@h:1/2", {
    tls: true,
    username: "u",
    password: "p@/",
    addresses: [{ host: "h", port: 1 }],
    database: 2,
  }],
  ["redis://:secret@h", { password: "secret", addresses: [{ host: "h", port: 6379 }] }],
  ["redis+cluster://a,b:2", { kind: "cluster", addresses: [{ host: "a", port: 6379 }, { host: "b", port: 2 }] }],
  ["rediss+sentinel://u:p@a,b:2/my%20master/4?sentinel-user=s&sentinel-password=t", {
    kind: "sentinel",
    tls: true,
    username: "u",
    password: "p",
    addresses: [{ host: "a", port: 26379 }, { host: "b", port: 2 }],
    master: "my master",
    database: 4,
    sentinelUsername: "s",
    sentinelPassword: "t",
  }],
];

for (const [url, expected] of understood) {
  Deno.test(`parseRedisUrl understands ${url}`, () => assert.deepEqual(parseRedisUrl(url), { ...base, ...expected }));
}

const refused = [
  ...["http://h", "redis://a,b", "redis://h:0", "redis://h:65536", "redis://h/x", "redis://h/-1", "redis://h/1/2"],
  ...["redis+sentinel://h", "redis+cluster://h/1", "redis://a b"],
];

for (const url of refused) {
  Deno.test(`parseRedisUrl refuses ${url}`, () => assert.throws(() => parseRedisUrl(url), /^Error: Cannot use this/));
}

Deno.test("formatAddress writes IPv6 in brackets", () => {
  assert.equal(formatAddress({ host: "::1", port: 7 }), "[::1]:7");
  assert.equal(formatAddress({ host: "h", port: 7 }), "h:7");
});
