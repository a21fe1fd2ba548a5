/**
 * The options of the HTTP server.
 *
 * @module
 */
import { ADDRESS, count, type ListenAddr, type Option, switchOption } from "./option.ts";

/** Settings of the HTTP server. */
export interface HttpSettings {
  /** Address of the HTTP server; without one there is none. */
  httpAddr?: ListenAddr;
  /** Serve HTTPS, with the certificate of `tlsCert`. */
  httpTls: boolean;
  /** Host names accepted in requests if no password is configured; `*` accepts any. */
  httpAllowedHosts: string[];
  /** Queues with metrics of their own; all others are summed up. */
  metricsMaxQueues: number;
}

export const HTTP_OPTIONS: { [Name in keyof HttpSettings]-?: Option<Exclude<HttpSettings[Name], undefined>> } = {
  httpAddr: {
    ...ADDRESS,
    help: "Address to serve HTTP on: the operators' page, /healthz, /readyz and /metrics; port 0 picks a free port",
  },
  httpTls: switchOption("Serve HTTPS on --http-addr, with --tls-cert and --tls-key"),
  httpAllowedHosts: {
    placeholder: "name,…",
    help: "Host names accepted in HTTP requests if no password is configured, besides localhost and IP addresses",
    fallback: "localhost",
    allowed: "host names without ports, separated by commas, or * for any",
    value: {
      allowed: 'an array of host names without ports, or of "*" for any',
      write: (value) => Array.isArray(value) ? value.join(",") : undefined,
    },
    read: (text) => /^(\*|[a-z0-9.-]+(,[a-z0-9.-]+)*)$/i.test(text) ? text.toLowerCase().split(",") : undefined,
  },
  metricsMaxQueues: count(
    200,
    [0, 10_000],
    "Number of queues with metrics of their own, the largest ones; all others are summed up",
  ),
};
