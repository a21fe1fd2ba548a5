/**
 * Observers of finished commands: the slow log, and OpenTelemetry spans. Neither contains ids or contents of events.
 *
 * @module
 */
import type { CommandSpec } from "../command_spec.ts";
import type { Settings } from "../config/settings.ts";
import type { ClientContext } from "../context.ts";
import type { Log } from "../log.ts";
import type { Tracing } from "./tracing.ts";

export interface CommandResult {
  command: CommandSpec;
  client: ClientContext;
  /** The first argument if it names a queue; undefined for blocking commands, whose arguments are not kept. */
  queue: Uint8Array | undefined;
  /** From start to reply. */
  ms: number;
  failed: boolean;
  /** META of the events that it pushed, if the observer needs it. */
  pushedMeta?: Uint8Array;
  /** META of the events that it delivered, null for those without. */
  deliveredMeta?: readonly (Uint8Array | null)[];
}

export interface CommandObserver {
  /** Whether `record` needs {@linkcode CommandResult.pushedMeta}. */
  readonly needsMeta?: boolean;
  /** Faster commands are not passed to `record`. */
  readonly thresholdMs: number;
  record(command: CommandResult): void;
}

/** A limit, because every command is slow when the store is. */
const MAX_LINES_PER_SECOND = 2;

/** Logs slow commands, except those that block for events. */
export class SlowLog implements CommandObserver {
  readonly thresholdMs: number;
  readonly #log: Log;
  #second = 0;
  #lines = 0;
  #suppressed = 0;

  /** @param thresholdMs 0 logs nothing */
  constructor(log: Log, thresholdMs: number) {
    this.thresholdMs = thresholdMs || Infinity;
    this.#log = log;
  }

  record({ command, client, queue, ms, failed }: CommandResult): void {
    if (command.blocks || ms < this.thresholdMs) return;
    const second = Math.floor(client.lastCommandAt / 1000);
    if (second !== this.#second) [this.#second, this.#lines] = [second, 0];
    if (this.#lines++ >= MAX_LINES_PER_SECOND) return void this.#suppressed++;
    this.#log.warn("Slow command", {
      command: command.name,
      ...(queue ? { queue } : {}),
      seconds: (ms / 1000).toFixed(3),
      client: client.addr,
      ...(client.name ? { name: client.name } : {}),
      ...(client.user ? { user: client.user.name } : {}),
      ...(failed ? { failed } : {}),
      ...(this.#suppressed ? { suppressed: this.#suppressed } : {}),
    });
    this.#suppressed = 0;
  }
}

/** The slow log and, if Deno exports telemetry, spans. */
export function commandObserver(
  log: Log,
  { slowlogThresholdMs }: Pick<Settings, "slowlogThresholdMs">,
  tracing?: Tracing,
): CommandObserver {
  const slowLog = new SlowLog(log, slowlogThresholdMs);
  if (!tracing) return slowLog;
  return {
    needsMeta: true,
    thresholdMs: 0,
    record(result) {
      slowLog.record(result);
      const { command, client, ...rest } = result;
      tracing.command({ name: command.name, client: client.addr, ...rest });
    },
  };
}
