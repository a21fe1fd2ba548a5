/**
 * What `serve` takes and gives.
 *
 * @module
 */
import type { Log } from "./log.ts";
import type { ListenAddr } from "./config/option.ts";
import type { Settings } from "./config/settings.ts";

/** A server that is serving. */
export interface Server {
  /** Where it listens; without TLS if it does both. */
  readonly addr: ListenAddr;
  /** Where it listens with TLS, if it does. */
  readonly tlsAddr: ListenAddr | undefined;
  /** Where it serves HTTP, if it does. */
  readonly httpAddr: ListenAddr | undefined;
  /** Something was cut off because closing took longer than `shutdownTimeoutMs`, or a background push was lost; the log says what. */
  readonly unfinished: boolean;
  /**
   * Reads the files of passwords, users and certificates again. Connections stay, but for those of a user that is gone or
   * has changed.
   * @throws {Error} if a file cannot be used; users, or certificates, then stay as they were
   */
  reload(): Promise<void>;
  /** Stops accepting, answers what is in flight, wakes who waits, finishes background pushes and closes the store. */
  close(): Promise<void>;
}

/** Settings of `serve`: those of the command line, and where log lines go. */
export interface ServeOptions extends Partial<Settings> {
  /** Where log lines go; by default to standard error, those of `logLevel` and above. */
  log?: Log;
}

/** What is served beside the protocol: HTTP. */
export interface HttpListener {
  /** Where it listens. */
  readonly addr: ListenAddr;
  /** Reads its files again. @throws {Error} if one cannot be used; all then stays as it was */
  reload(): Promise<void>;
  /** Takes no more requests and finishes those under way, or cuts them off if they take long. */
  close(): Promise<void>;
}
