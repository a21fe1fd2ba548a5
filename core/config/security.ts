/**
 * Options for TLS, passwords and users.
 *
 * @module
 */
import { ADDRESS, FILE, type ListenAddr, type Option, switchOption } from "./option.ts";

/** Settings for TLS, passwords and users. */
export interface SecuritySettings {
  /** Address to listen on with TLS; without one there is no TLS. */
  tlsListenAddr?: ListenAddr;
  /** PEM file of the certificate chain. */
  tlsCert?: string;
  /** PEM file of the certificate's key. */
  tlsKey?: string;
  /** PEM file of the authorities of client certificates; without it clients need no certificate. */
  tlsCa?: string;
  /** Password of the user `default`, or its hash. */
  requirepass?: string;
  /** File whose first line is that password or hash. */
  requirepassFile?: string;
  /** The users file. */
  users?: string;
  /** Allow addresses beyond loopback without a password. */
  insecure: boolean;
}

export const SECURITY_OPTIONS: {
  [Name in keyof SecuritySettings]-?: Option<Exclude<SecuritySettings[Name], undefined>>;
} = {
  tlsListenAddr: { ...ADDRESS, help: "Address to listen on with TLS" },
  tlsCert: { ...FILE, help: "Certificate chain as PEM; read again on SIGHUP" },
  tlsKey: { ...FILE, help: "Key of the certificate as PEM; read again on SIGHUP" },
  tlsCa: { ...FILE, help: "Require client certificates of these authorities (PEM); read again on SIGHUP" },
  requirepass: {
    placeholder: "password",
    help: "Password of the user default, or its hash; a file or the environment hides it better than a flag",
    allowed: "at least one character long",
    read: (text) => text || undefined,
  },
  requirepassFile: { ...FILE, help: "File whose first line is that password or hash; read again on SIGHUP" },
  users: { ...FILE, help: "File of users with their roles and queues; read again on SIGHUP" },
  insecure: switchOption("Allow addresses that other machines can reach without a password"),
};
