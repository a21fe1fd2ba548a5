/**
 * How clients come in: where they connect, and who is let in.
 *
 * @module
 */
import { Authenticator } from "../auth/authenticator.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../config/settings.ts";
import { Listener } from "./listener.ts";
import { Tls } from "./tls.ts";

/** The listeners and the users of a server. */
export class Listeners {
  /** Where clients connect: at least one, the one without TLS first. */
  readonly all: readonly Listener[];
  readonly #secure: Listener | undefined;

  private constructor(readonly access: Authenticator, plain: Listener | undefined, secure: Listener | undefined) {
    this.all = [plain, secure].filter((listener) => listener !== undefined);
    this.#secure = secure;
  }

  /** @throws {Error} if a file cannot be used, or an address cannot be listened on */
  static async open(settings: Settings, log: Log): Promise<Listeners> {
    const { listenAddr, tlsListenAddr, reusePort } = settings;
    const access = await Authenticator.open(settings, log);
    const secure = tlsListenAddr && new Listener(tlsListenAddr, reusePort, await Tls.open(settings));
    try {
      return new Listeners(access, listenAddr ? new Listener(listenAddr, reusePort) : undefined, secure);
    } catch (error) {
      secure?.close();
      throw error;
    }
  }

  /** Where it listens with TLS, if it does. */
  get tlsAddr(): Listener["addr"] | undefined {
    return this.#secure?.addr;
  }

  /**
   * Reads passwords, users and certificates again.
   * @throws {Error} if a file cannot be used; users, or certificates, then stay as they were
   */
  async reload(): Promise<void> {
    const results = await Promise.allSettled([this.access.reload(), this.#secure?.tls?.reload()]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Takes no more connections. */
  close(): void {
    this.access.close();
    for (const listener of this.all) listener.close();
  }

  /** Resolves once all connections are closed to the last byte. */
  async allClosed(): Promise<void> {
    await this.#secure?.tls?.allClosed();
  }
}
