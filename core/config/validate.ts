/**
 * Rejects settings that are out of bounds, insecure or contradictory before the server starts.
 *
 * @module
 */
import { requiresPassword } from "../auth/authenticator.ts";
import { formatHostPort } from "../util/address.ts";
import { ConfigError, quote } from "./flags.ts";
import type { ListenAddr, Option } from "./option.ts";
import { defaultSettings, OPTIONS, type Settings } from "./settings.ts";

/**
 * Adds the defaults to what a program gives to `serve`. The bounds are those of the command line; undefined is the
 * default.
 * @throws {TypeError} for a setting that does not exist, or a value of the wrong type
 * @throws {RangeError} for a value out of bounds
 */
export function completeSettings(given: Partial<Settings>): Settings {
  const read = Object.entries(given).filter(([, value]) => value !== undefined).map(([name, value]) => {
    if (!Object.hasOwn(OPTIONS, name)) throw new TypeError(`Cannot use ${name}: serve has no such setting`);
    const option: Option<unknown> = OPTIONS[name as keyof Settings];
    const { allowed, write } = option.value ?? { allowed: option.allowed, write: textOf };
    const text = write(value);
    if (text === undefined) {
      throw new TypeError(`Cannot use a value of type ${typeof value} for ${name}: it must be ${allowed}`);
    }
    const result = option.read(text);
    if (result === undefined) {
      const shown = typeof value === "number" ? value : quote(text);
      throw new RangeError(`Cannot use ${shown} for ${name}: it must be ${allowed}`);
    }
    return [name, result];
  });
  return { ...defaultSettings(), ...Object.fromEntries(read) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Without a password okq listens on loopback only, like Redis in protected mode; a required client certificate counts
 * as a password.
 * @throws {ConfigError} that says what to change
 */
export function checkSettings(settings: Settings): void {
  const { listenAddr, tlsListenAddr, httpAddr, httpTls, tlsCert, tlsKey, tlsCa, requirepass, requirepassFile } =
    settings;
  if (requirepass !== undefined && requirepassFile !== undefined) {
    throw new ConfigError("Cannot use both --requirepass and --requirepass-file: remove one");
  }
  if (httpTls && !httpAddr) throw new ConfigError("--http-tls requires --http-addr");
  const usesTls = tlsListenAddr || httpTls;
  if (usesTls ? !tlsCert || !tlsKey || tlsCa && !tlsListenAddr : tlsCert || tlsKey || tlsCa) {
    throw new ConfigError(
      "TLS requires --tls-cert, --tls-key and one of --tls-listen-addr and --http-tls; --tls-ca requires --tls-listen-addr",
    );
  }
  if (!listenAddr && !tlsListenAddr) {
    throw new ConfigError("--listen-addr off requires --tls-listen-addr");
  }
  if (settings.insecure || requiresPassword(settings)) return;
  const listenAddrs = [
    ["listen-addr", listenAddr],
    ["tls-listen-addr", tlsCa ? null : tlsListenAddr],
    ["http-addr", httpAddr],
  ] as const;
  for (const [flag, addr] of listenAddrs) {
    if (addr && !isLoopback(addr)) throw new ConfigError(exposedWithoutPassword(flag, addr));
  }
}

function exposedWithoutPassword(flag: string, { hostname, port }: ListenAddr): string {
  return `Cannot listen on ${
    formatHostPort(hostname, port)
  } without a password: set one with --requirepass-file, --users or OKQ_REQUIREPASS, ` +
    `listen with --${flag} 127.0.0.1:${port}, or allow every client with --insecure`;
}

/** Whether only this machine can reach the address. */
function isLoopback({ hostname }: ListenAddr): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(hostname);
}
