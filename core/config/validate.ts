/**
 * Settings that would leave the door open, or that contradict each other, are refused before anything starts.
 *
 * @module
 */
import { requiresPassword } from "../auth/authenticator.ts";
import { formatHostPort } from "../util/address.ts";
import { ConfigError } from "./flags.ts";
import type { ListenAddr } from "./option.ts";
import type { Settings } from "./settings.ts";

/**
 * Without a password okq listens on loopback only, as Redis does in protected mode. A client's certificate is as good as a
 * password.
 * @throws {ConfigError} with what to do
 */
export function checkSettings(settings: Settings): void {
  const { listenAddr, tlsListenAddr, httpAddr, httpTls, tlsCert, tlsKey, tlsCa, requirepass, requirepassFile } =
    settings;
  if (requirepass !== undefined && requirepassFile !== undefined) {
    throw new ConfigError("Cannot use --requirepass and --requirepass-file together: leave one out");
  }
  if (httpTls && !httpAddr) throw new ConfigError("Cannot use --http-tls: give --http-addr as well");
  const usesTls = tlsListenAddr || httpTls;
  if (usesTls ? !tlsCert || !tlsKey || tlsCa && !tlsListenAddr : tlsCert || tlsKey || tlsCa) {
    throw new ConfigError(
      "Cannot use TLS: --tls-listen-addr or --http-tls, --tls-cert and --tls-key are needed together",
    );
  }
  if (!listenAddr && !tlsListenAddr) {
    throw new ConfigError("Cannot listen nowhere: with --listen-addr off give --tls-listen-addr");
  }
  if (settings.insecure || requiresPassword(settings)) return;
  const doors = [
    ["listen-addr", listenAddr],
    ["tls-listen-addr", tlsCa ? null : tlsListenAddr],
    ["http-addr", httpAddr],
  ] as const;
  for (const [flag, addr] of doors) {
    if (addr && !isLoopback(addr)) throw new ConfigError(exposedWithoutPassword(flag, addr));
  }
}

function exposedWithoutPassword(flag: string, { hostname, port }: ListenAddr): string {
  return `Cannot listen on ${
    formatHostPort(hostname, port)
  } without a password: give one with --requirepass-file, --users or OKQ_REQUIREPASS, ` +
    `or listen with --${flag} 127.0.0.1:${port}, or let everyone in with --insecure`;
}

/** Whether only this machine can reach it. */
function isLoopback({ hostname }: ListenAddr): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i.test(hostname);
}
