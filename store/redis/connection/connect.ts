/**
 * Opens the link that a store URL describes.
 *
 * @module
 */
import type { StoreOptions } from "../../store.ts";
import { parseRedisUrl } from "./url.ts";
import { ClusterLink } from "./cluster_link.ts";
import { channelPrefix } from "../keys.ts";
import type { Link, WriteNeeds } from "./link.ts";
import { SingleLink } from "./single_link.ts";
import { Sentinels } from "./sentinel.ts";

/**
 * @param needs checked at each server; without them, the link may only read
 * @throws {StoreUnavailable} if Redis cannot be reached in time
 * @throws {Error} if the URL is invalid
 * @throws {UnusableRedis}
 */
export async function openLink(url: string, options: StoreOptions, needs?: WriteNeeds): Promise<Link> {
  const { kind, tls, addresses, username, password, database, ...other } = parseRedisUrl(url);
  const client = { tls, username, password, database, timeoutMs: options.timeoutMs };
  const locator = kind === "sentinel"
    ? new Sentinels(
      addresses,
      { tls, username: other.sentinelUsername, password: other.sentinelPassword, timeoutMs: options.timeoutMs },
      other.master,
    )
    : { locate: () => Promise.resolve(addresses[0]), recheckMs: 0 };
  const link = kind === "cluster"
    ? new ClusterLink(addresses, client, options, needs)
    : new SingleLink(locator, client, channelPrefix(database), options, needs);
  try {
    await link.connect();
  } catch (error) {
    link.close();
    throw error;
  }
  return link;
}
