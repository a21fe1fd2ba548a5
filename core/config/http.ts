/**
 * The options of the HTTP server.
 *
 * @module
 */
import { ADDRESS, type ListenAddr, type Option, SWITCH, wholeNumber } from "./option.ts";

/** Settings of the HTTP server. */
export interface HttpSettings {
  /** Address of the HTTP server; without one there is none. */
  httpAddr?: ListenAddr;
  /** Serve HTTPS, with the certificate of `tlsCert`. */
  httpTls: boolean;
  /** Host names in requests that are accepted if no password is configured; `*` accepts any. */
  httpAllowedHosts: string[];
  /** Queues with metrics of their own; all others are summed up. */
  metricsMaxQueues: number;
}

/** The options of the HTTP server, by setting. */
export const HTTP_OPTIONS: { [Name in keyof HttpSettings]-?: Option<Exclude<HttpSettings[Name], undefined>> } = {
  httpAddr: {
    ...ADDRESS,
    help: "Address to serve HTTP on: the operators' page, /healthz, /readyz and /metrics; port 0 picks a free port",
  },
  httpTls: {
    help: "Serve HTTPS on --http-addr, with --tls-cert and --tls-key",
    fallback: "no",
    ...SWITCH,
  },
  httpAllowedHosts: {
    placeholder: "name,…",
    help: "Host names accepted in HTTP requests if no password is configured, besides localhost and IP addresses",
    fallback: "localhost",
    allowed: "host names without ports, separated by commas, or * for any",
    read: (text) => /^(\*|[a-z0-9.-]+(,[a-z0-9.-]+)*)$/i.test(text) ? text.toLowerCase().split(",") : undefined,
  },
  metricsMaxQueues: {
    placeholder: "count",
    help: "Number of queues with metrics of their own, the largest ones; all others are summed up",
    fallback: "200",
    ...wholeNumber(0, 10_000),
  },
};
