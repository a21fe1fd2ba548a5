/**
 * Addresses as Redis writes them.
 *
 * @module
 */

/** `host:port`, an IPv6 address in brackets; empty for what has no port. */
export function formatAddr(addr: Deno.Addr): string {
  if (!("hostname" in addr)) return "";
  return addr.hostname.includes(":") ? `[${addr.hostname}]:${addr.port}` : `${addr.hostname}:${addr.port}`;
}
