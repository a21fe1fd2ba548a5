/**
 * Store URLs of Redis.
 *
 *     redis://[user:password@]host[:port][/database]
 *     redis+sentinel://[user:password@]host[:port],…/master[/database][?sentinel-user=…&sentinel-password=…]
 *     redis+cluster://[user:password@]host[:port],…
 *
 * and the same with `rediss` for TLS. Characters that have a meaning in a URL are percent-encoded in names and passwords.
 *
 * @module
 */
import { formatHostPort, parseHostPort } from "../../../core/util/address.ts";

export interface Address {
  host: string;
  port: number;
}

export interface RedisUrl {
  kind: "single" | "sentinel" | "cluster";
  tls: boolean;
  /** The server, the Sentinels, or some nodes of the Cluster. */
  addresses: Address[];
  username?: string;
  password?: string;
  /** Name of the master in the Sentinels' configuration. */
  master: string;
  /** 0 in a Cluster. */
  database: number;
  sentinelUsername?: string;
  sentinelPassword?: string;
}

const DEFAULT_PORT = { single: 6379, cluster: 6379, sentinel: 26379 };

const URL_PARTS = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)([^?]*)(?:\?(.*))?$/;

/** Of a Sentinel URL. */
const PARAMETERS = ["sentinel-user", "sentinel-password"];

/** @throws {Error} if the URL is invalid; the message is one line that shows the forms */
export function parseRedisUrl(url: string): RedisUrl {
  const [whole, tls, scheme, username, password, hosts, path, query] = URL_PARTS.exec(url) ?? [];
  const kind = (scheme ?? "single") as RedisUrl["kind"];
  const segments = (path ?? "").split("/").slice(1).filter((segment) => segment !== "").map(decode);
  const master = kind === "sentinel" ? segments.shift() ?? "" : "";
  const database = Number(segments.shift() ?? "0");
  const addresses = (hosts ?? "").split(",").map((host) => parseAddress(host || "127.0.0.1", DEFAULT_PORT[kind]));
  const bad = whole === undefined || segments.length > 0 || addresses.includes(undefined) ||
    !Number.isSafeInteger(database) || database < 0 || (kind === "cluster" && database !== 0) ||
    (kind === "sentinel") !== (master !== "") || (kind === "single" && addresses.length > 1);
  if (bad) {
    throw new Error(
      "Cannot use this --store: write redis://host:port/database, redis+sentinel://host:port,host:port/master, " +
        "redis+cluster://host:port,host:port (rediss for TLS) or sqlite:file",
    );
  }
  const parameters = parseParameters(query ?? "", kind === "sentinel" ? PARAMETERS : []);
  return {
    kind,
    tls: tls === "s",
    addresses: addresses as Address[],
    username: optional(username),
    password: optional(password),
    master,
    database,
    sentinelUsername: parameters.get("sentinel-user"),
    sentinelPassword: parameters.get("sentinel-password"),
  };
}

function parseParameters(query: string, known: string[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query.split("&").filter((part) => part !== "")) {
    const [, name, value] = /^([^=]*)=?([^]*)$/.exec(part)!.map(decode);
    if (!known.includes(name)) {
      throw new Error(
        `Cannot use this --store: it has no parameter ${JSON.stringify(name)}` +
          (known.length > 0 ? `, only ${known.join(" and ")}` : "; the database is written redis://host:port/database"),
      );
    }
    parameters.set(name, value);
  }
  return parameters;
}

export function formatAddress({ host, port }: Address): string {
  return formatHostPort(host, port);
}

function parseAddress(text: string, defaultPort: number): Address | undefined {
  const { host, port = defaultPort } = parseHostPort(text) ?? {};
  return host !== undefined && port > 0 ? { host, port } : undefined;
}

function optional(text: string | undefined): string | undefined {
  return text ? decode(text) : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("Cannot use this --store: a % in a name or password is written %25, as in any URL");
  }
}
