/**
 * The options of the HTTP side.
 *
 * @module
 */
import { ADDRESS, type ListenAddr, type Option, SWITCH, wholeNumber } from "./option.ts";

/** The settings of these options. */
export interface HttpSettings {
  /** Where to serve HTTP; by default nowhere. */
  httpAddr?: ListenAddr;
  /** Serve HTTPS there, with the certificate of `tlsCert`. */
  httpTls: boolean;
  /** Names by which browsers and others may ask for it where nobody has to give a password; `*` is any. */
  httpAllowedHosts: string[];
  /** How many queues have metrics of their own; all others are one. */
  metricsMaxQueues: number;
}

/** The options, by the name of the setting. */
export const HTTP_OPTIONS: { [Name in keyof HttpSettings]-?: Option<Exclude<HttpSettings[Name], undefined>> } = {
  httpAddr: {
    ...ADDRESS,
    help: "Where to serve HTTP: a page for operators, /healthz, /readyz and /metrics; port 0 picks a free one",
  },
  httpTls: {
    help: "Serve HTTPS there, with the certificate of --tls-cert and --tls-key",
    fallback: "no",
    ...SWITCH,
  },
  httpAllowedHosts: {
    value: "name,…",
    help: "Names by which it may be asked for where nobody has to give a password, besides localhost and IP addresses",
    fallback: "localhost",
    allowed: "names of hosts without ports, separated by commas, or * for any",
    read: (text) => /^(\*|[a-z0-9.-]+(,[a-z0-9.-]+)*)$/i.test(text) ? text.toLowerCase().split(",") : undefined,
  },
  metricsMaxQueues: {
    value: "count",
    help: "How many queues have metrics of their own, those with the most events; all others are taken together",
    fallback: "200",
    ...wholeNumber(0, 10_000),
  },
};
