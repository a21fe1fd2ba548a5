/**
 * Network addresses as text, `host:port`, with IPv6 in brackets.
 *
 * @module
 */

export interface HostPort {
  /** Without brackets. */
  host: string;
  /** From 0 to 65535. */
  port?: number;
}

/** Reads `host`, `host:port` or `[IPv6]:port`; undefined for any other text. */
export function parseHostPort(text: string): HostPort | undefined {
  const [, ipv6, name, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || Number(port ?? 0) > 65535) return undefined;
  return port === undefined ? { host } : { host, port: Number(port) };
}

export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Empty for an address without a port. */
export function formatAddr(addr: Deno.Addr): string {
  return "hostname" in addr ? formatHostPort(addr.hostname, addr.port) : "";
}
