/**
 * What `serve` takes and gives.
 *
 * @module
 */
import type { Log } from "./log.ts";
import type { ListenAddr } from "./option.ts";
import type { Settings } from "./options.ts";

/** A server that is serving. */
export interface Server {
  /** Where it listens; without TLS if it does both. */
  readonly addr: ListenAddr;
  /** Where it listens with TLS, if it does. */
  readonly tlsAddr: ListenAddr | undefined;
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
