/**
 * The URL of a Redis store, taken apart.
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

/** Where a server listens. */
export interface Address {
  /** Name or IP address. */
  host: string;
  /** TCP port. */
  port: number;
}

/** What a store URL says. */
export interface RedisUrl {
  /** What the addresses are of. */
  kind: "single" | "sentinel" | "cluster";
  /** Whether connections are encrypted. */
  tls: boolean;
  /** One server, or the Sentinels, or some nodes of the Cluster. */
  addresses: Address[];
  /** Who okq is to Redis. */
  username?: string;
  /** How it proves it. */
  password?: string;
  /** The name by which the Sentinels know the master. */
  master: string;
  /** The number of the database, 0 in a Cluster. */
  database: number;
  /** Who okq is to the Sentinels. */
  sentinelUsername?: string;
  /** How it proves it. */
  sentinelPassword?: string;
}

const DEFAULT_PORT = { single: 6379, cluster: 6379, sentinel: 26379 };

const URL_PARTS = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)([^?]*)(?:\?(.*))?$/;

/**
 * Reads a store URL.
 * @throws {Error} in one line, if it is not one
 */
export function parseRedisUrl(url: string): RedisUrl {
  const [whole, tls, way, username, password, hosts, path, query] = URL_PARTS.exec(url) ?? [];
  const kind = (way ?? "single") as RedisUrl["kind"];
  const segments = (path ?? "").split("/").slice(1).filter((segment) => segment !== "").map(decodeURIComponent);
  const master = kind === "sentinel" ? segments.shift() ?? "" : "";
  const database = Number(segments.shift() ?? "0");
  const addresses = (hosts ?? "").split(",").map((host) => parseAddress(host || "127.0.0.1", DEFAULT_PORT[kind]));
  const bad = whole === undefined || segments.length > 0 || addresses.includes(undefined) ||
    !Number.isSafeInteger(database) || database < 0 || (kind === "cluster" && database !== 0) ||
    (kind === "sentinel") !== (master !== "") || (kind === "single" && addresses.length > 1);
  if (bad) {
    throw new Error(
      "Cannot use this --store: write redis://host:port/database, redis+sentinel://host:port,host:port/master or " +
        "redis+cluster://host:port,host:port (rediss for TLS)",
    );
  }
  const parameters = new URLSearchParams(query);
  return {
    kind,
    tls: tls === "s",
    addresses: addresses as Address[],
    username: optional(username),
    password: optional(password),
    master,
    database,
    sentinelUsername: parameters.get("sentinel-user") ?? undefined,
    sentinelPassword: parameters.get("sentinel-password") ?? undefined,
  };
}

/** An address as people write it. */
export function formatAddress({ host, port }: Address): string {
  return formatHostPort(host, port);
}

function parseAddress(text: string, defaultPort: number): Address | undefined {
  const { host, port = defaultPort } = parseHostPort(text) ?? {};
  return host !== undefined && port > 0 ? { host, port } : undefined;
}

function optional(text: string | undefined): string | undefined {
  return text ? decodeURIComponent(text) : undefined;
}
