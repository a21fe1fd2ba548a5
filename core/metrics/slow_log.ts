/**
 * What is said of single commands: of those that took long in the log, of all of them to OpenTelemetry where Deno exports
 * it. Neither shows contents or ids of events.
 *
 * @module
 */
import type { ClientContext } from "../client_context.ts";
import type { Log } from "../log.ts";
import type { Route } from "../connection/router.ts";
import type { Tracing } from "./tracing.ts";

/** A command that has got its reply. */
export interface CommandResult {
  /** Which it was. */
  route: Route;
  /** Whose it was. */
  client: ClientContext;
  /** The queue that it named first, if it did; of those that wait it is not kept. */
  queue: Uint8Array | undefined;
  /** How long it took, in milliseconds. */
  ms: number;
  /** Whether the reply was an error. */
  failed: boolean;
}

/** Takes note of commands that took a time or more. */
export interface CommandObserver {
  /** How long commands must take to be noted at all, in milliseconds. */
  readonly thresholdMs: number;
  /** Takes note of one. */
  record(command: CommandResult): void;
}

/** Lines in the log in each second at the most: when the store is slow, every command is. */
const LINES_PER_SECOND = 2;

/** Logs commands that took long, but not those that wait for events. */
export class SlowLog implements CommandObserver {
  readonly thresholdMs: number;
  readonly #log: Log;
  #second = 0;
  #lines = 0;
  #unsaid = 0;

  /** @param fromMs how long a command must take, in milliseconds; 0 logs none */
  constructor(log: Log, fromMs: number) {
    this.thresholdMs = fromMs || Infinity;
    this.#log = log;
  }

  record({ route, client, queue, ms, failed }: CommandResult): void {
    if (route.blocks || ms < this.thresholdMs) return;
    const second = Math.floor(client.lastCommandAt / 1000);
    if (second !== this.#second) [this.#second, this.#lines] = [second, 0];
    if (this.#lines++ >= LINES_PER_SECOND) return void this.#unsaid++;
    this.#log.warn("A command was slow", {
      command: route.name,
      ...(queue ? { queue } : {}),
      seconds: (ms / 1000).toFixed(3),
      client: client.addr,
      ...(client.name ? { name: client.name } : {}),
      ...(client.user ? { user: client.user.name } : {}),
      ...(failed ? { failed } : {}),
      ...(this.#unsaid ? { unsaid: this.#unsaid } : {}),
    });
    this.#unsaid = 0;
  }
}

/** Makes a span of every command, and logs those that took long. */
export class TracedCommands implements CommandObserver {
  readonly thresholdMs = 0;
  readonly #slow: SlowLog;
  readonly #tracing: Tracing;

  constructor(slow: SlowLog, tracing: Tracing) {
    this.#slow = slow;
    this.#tracing = tracing;
  }

  record(command: CommandResult): void {
    this.#slow.record(command);
    const { route, client, queue, ms, failed } = command;
    this.#tracing.command({ name: route.name, queue, ms, failed, client: client.addr });
  }
}
