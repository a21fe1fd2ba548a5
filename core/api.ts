/**
 * Public types of `serve`.
 *
 * @module
 */
import type { ListenAddr } from "./config/option.ts";
import type { Settings } from "./config/settings.ts";
import type { Log } from "./log.ts";

/** A running server. */
export interface Server {
  /** Listening address; the one without TLS if there are both. */
  readonly addr: ListenAddr;
  /** Listening address with TLS, if there is one. */
  readonly tlsAddr: ListenAddr | undefined;
  /** Listening address of HTTP, if there is one. */
  readonly httpAddr: ListenAddr | undefined;
  /** Work was lost, as the log says: closing exceeded `shutdownTimeoutMs`, or a NOBLOCK push failed. */
  readonly unfinished: boolean;
  /**
   * Reads the files of passwords, users and certificates again. Closes the connections of removed or changed users.
   * @throws {Error} if a file cannot be used; users, or certificates, then stay as they were
   */
  reload(): Promise<void>;
  /**
   * Stops accepting, answers the commands that have begun, wakes blocked clients, finishes NOBLOCK pushes, and closes
   * the store. A second call waits for the first.
   */
  close(): Promise<void>;
}

/**
 * Settings of `serve`, named like the command line's options: `listenAddr` is `--listen-addr`. They have the bounds of
 * those; an undefined one has the default.
 */
export interface ServeOptions extends Partial<Settings> {
  /** Receives log lines; by default they go to standard error, from `logLevel` on. */
  log?: Log;
}

/** The HTTP server beside the RESP server. */
export interface HttpListener {
  readonly addr: ListenAddr;
  /** @throws {Error} if a file cannot be used; everything then stays as it was */
  reload(): Promise<void>;
  /** Answers the requests that wait for events. */
  endWaits(): void;
  /** Finishes the running requests, or cuts off long ones. */
  close(): Promise<void>;
}
