/**
 * The options that say who is let in, and how.
 *
 * @module
 */
import { ADDRESS, FILE, type ListenAddr, type Option, SWITCH } from "./option.ts";

/** The settings of these options. */
export interface SecuritySettings {
  /** Where to listen with TLS; by default nowhere. */
  tlsListenAddr?: ListenAddr;
  /** The file of the certificate and those that vouch for it, as PEM. */
  tlsCert?: string;
  /** The file of its key. */
  tlsKey?: string;
  /** The file of the authorities that must vouch for a client's certificate; without one, clients need none. */
  tlsCa?: string;
  /** The password of the user `default`, or a hash of it. */
  requirepass?: string;
  /** The file whose first line is that. */
  requirepassFile?: string;
  /** The file of users. */
  users?: string;
  /** Listen where others can reach it though nobody has to give a password. */
  insecure: boolean;
}

/** The options, by the name of the setting. */
export const SECURITY_OPTIONS: {
  [Name in keyof SecuritySettings]-?: Option<Exclude<SecuritySettings[Name], undefined>>;
} = {
  tlsListenAddr: { ...ADDRESS, help: "Where to listen with TLS" },
  tlsCert: { ...FILE, help: "The certificate, with those that vouch for it, as PEM; read again on SIGHUP" },
  tlsKey: { ...FILE, help: "Its key, as PEM; read again on SIGHUP" },
  tlsCa: { ...FILE, help: "Clients need a certificate that these authorities vouch for, as PEM; read again on SIGHUP" },
  requirepass: {
    value: "password",
    help: "The password of the user default, or a hash of it; a file or the environment hides it better",
    allowed: "at least one character long",
    read: (text) => text || undefined,
  },
  requirepassFile: { ...FILE, help: "The file whose first line is that password or hash; read again on SIGHUP" },
  users: { ...FILE, help: "The file of users, their roles and their queues; read again on SIGHUP" },
  insecure: {
    help: "Listen where others can reach it though nobody has to give a password",
    fallback: "no",
    ...SWITCH,
  },
};
