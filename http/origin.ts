/**
 * Checks of a request's host and origin, against DNS rebinding and cross-site requests.
 *
 * Without a password any web site that a user of this machine visits could control okq: it resolves its own host name to
 * 127.0.0.1. So unknown host names are refused. With a password browsers send the credentials only to the host they
 * were entered for.
 *
 * Programs send none of the headers by which browsers say where a request comes from. Browsers do with every request
 * that may change something: `Sec-Fetch-Site` since 2023, `Origin` since 2020, and older ones `Referer`.
 *
 * @module
 */

/** Hosts that DNS cannot redirect. */
const OWN_HOST = /^(\[[0-9a-f:.]+\]|\d{1,3}(\.\d{1,3}){3}|localhost|[a-z0-9-]+\.localhost)$/;

/** @param host with or without a port @param allowed further host names, or `*` for any */
export function isOwnHost(host: string, allowed: readonly string[]): boolean {
  const name = hostnameOf(host);
  return OWN_HOST.test(name) || allowed.includes(name) || allowed.includes("*");
}

/** As URLs have it: in lower case, without the port; an IP address in its usual form. */
export function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
}

/** By the headers that browsers send. */
export function isCrossOrigin({ headers, url }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const source = headers.get("origin") ?? headers.get("referer");
  if (source === null) return false;
  return !URL.canParse(source) || new URL(source).host !== new URL(url).host;
}
