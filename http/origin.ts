/**
 * Checks of a request's host and origin, against DNS rebinding and cross-site requests.
 *
 * Without a password any web site that a user of this machine visits could control okq: it resolves its own host name to
 * 127.0.0.1. So unknown host names are refused. With a password browsers send the credentials only to the host they
 * were entered for.
 *
 * @module
 */

/** Hosts that DNS cannot redirect. */
const OWN_HOST = /^(\[[0-9a-f:.]+\]|\d{1,3}(\.\d{1,3}){3}|localhost|[a-z0-9-]+\.localhost)$/;

/** @param allowed further host names, or `*` for any */
export function isOwnHost(url: URL, allowed: readonly string[]): boolean {
  return OWN_HOST.test(url.hostname) || allowed.includes(url.hostname) || allowed.includes("*");
}

/** By the headers that browsers send. */
export function isCrossOrigin(request: Request, url: URL): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  return !URL.canParse(origin) || new URL(origin).host !== url.host;
}
