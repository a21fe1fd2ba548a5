/**
 * Whether a request is meant for okq, or for a web site whose name was made to lead here.
 *
 * Where nobody has to give a password, a page of any site that a user of this machine visits could otherwise read and do
 * everything: it lets its own name lead to 127.0.0.1 and asks for that. So such a name is refused. Where passwords are
 * asked for a browser gives them to the site that they were typed for, and to no other.
 *
 * @module
 */

/** A name that leads nowhere else: an address, in the form that URLs have for it, or this machine. */
const OWN = /^(\[[0-9a-f:.]+\]|\d{1,3}(\.\d{1,3}){3}|localhost|[a-z0-9-]+\.localhost)$/;

/** Whether the host that a request names may be one of okq. @param allowed further names, or `*` for any */
export function isOwnHost(url: URL, allowed: readonly string[]): boolean {
  return OWN.test(url.hostname) || allowed.includes(url.hostname) || allowed.includes("*");
}

/** Whether a request may have been made by a page of another site; browsers say so. */
export function isCrossOrigin(request: Request, url: URL): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return true;
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  return !URL.canParse(origin) || new URL(origin).host !== url.host;
}
