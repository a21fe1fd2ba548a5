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

const explained: [url: string, message: RegExp][] = [
  ["redis://:p%zz@h", /^Error: Cannot use this --store: a % in a name or password is written %25, as in any URL$/],
  ["redis+sentinel://h/m?sentinel-password=p%zz", /a % in a name or password/],
  ["redis://h?db=3", /: it has no parameter "db"; the database is written redis:\/\/host:port\/database$/],
  ["redis://h/0?sentinel-user=u", /: it has no parameter "sentinel-user";/],
  ["redis+cluster://h?tls", /: it has no parameter "tls";/],
  ["redis+sentinel://h/m?sentinel-pass=p", /: it has no parameter "sentinel-pass", only sentinel-user and sentinel-p/],
];

for (const [url, message] of explained) {
  Deno.test(`parseRedisUrl says what is wrong with ${url}`, () => assert.throws(() => parseRedisUrl(url), message));
}

Deno.test("parseRedisUrl takes a plus in a parameter for a plus", () => {
  assert.equal(parseRedisUrl("redis+sentinel://h/m?sentinel-password=a+b%26").sentinelPassword, "a+b&");
});

Deno.test("formatAddress writes IPv6 in brackets", () => {
  assert.equal(formatAddress({ host: "::1", port: 7 }), "[::1]:7");
  assert.equal(formatAddress({ host: "h", port: 7 }), "h:7");
});
