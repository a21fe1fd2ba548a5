/**
 * Command dispatch: looks up a command, checks arguments and permission, runs it, turns errors into replies, and
 * records its duration, from the turn in which it begins to the turn in which it is answered.
 *
 * @module
 */
import { printable } from "../../resp/printable.ts";
import { ErrorReply, type Reply, UNEXPECTED_ERROR } from "../../resp/reply.ts";
import { RecentCache, word } from "../../store/bytes.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { User } from "../auth/user.ts";
import { CommandError, type CommandSpec, isExclusive } from "../command_spec.ts";
import type { ClientContext } from "../context.ts";
import type { Log } from "../log.ts";
import type { CommandStats } from "../metrics/command_stats.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { CommandObserver } from "../metrics/slow_log.ts";
import { Delivery, type ReplyQueue } from "./reply_queue.ts";
import type { Scheduler } from "./scheduling.ts";

interface CommandEntry {
  readonly command: CommandSpec;
  readonly stats: CommandStats;
  /** The connection's scheduler decides when it begins. */
  readonly scheduled: boolean;
  readonly startsWithQueue: boolean;
}

export interface DispatchingClient extends ClientContext {
  readonly replies: ReplyQueue;
  readonly scheduler: Scheduler;
}

/** "held": dispatch the command again, before any other, when the scheduler resumes the connection. */
export type Dispatched = "begun" | "exclusive" | "blocking" | "held";

export interface DispatcherOptions {
  commands: readonly CommandSpec[];
  /** The error if the user (undefined before login) may not run this command. */
  permissionError(command: CommandSpec, user: User | undefined, argv: Uint8Array[]): ErrorReply | undefined;
  /** Has the statistics of `commands`, in their order. */
  metrics: Metrics;
  observer: CommandObserver;
  log: Log;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #metrics: Metrics;
  readonly #entries: RecentCache<CommandEntry | undefined>;

  /** @throws {Error} if two commands have the same name */
  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#metrics = options.metrics;
    const byName = new Map<string, CommandEntry>();
    for (const [index, command] of options.commands.entries()) {
      const { name, queues, exclusive = false, largeReply = false } = command;
      if (byName.has(name)) throw new Error(`Cannot build the command table: ${name} stands in it twice`);
      byName.set(name, {
        command,
        stats: options.metrics.commands[index],
        scheduled: exclusive !== false || largeReply,
        startsWithQueue: Array.isArray(queues) && queues[0] === 1,
      });
    }
    this.#entries = new RecentCache((name) => byName.get(word(name)));
  }

  /** @param oversized size in bytes of an argument that was too long to be kept, or 0 */
  dispatch(client: DispatchingClient, argv: Uint8Array[], oversized: number): Dispatched {
    const { scheduler } = client;
    const entry = this.#entries.get(argv[0]);
    if (entry?.scheduled && !scheduler.admits(entry.command, argv)) return "held";
    const pending = this.#dispatchNow(entry, client, argv, oversized);
    if (entry) scheduler.begun(entry.command, pending);
    if (!entry?.scheduled || pending === undefined || !isExclusive(entry.command, argv)) return "begun";
    return entry.command.blocks ? "blocking" : "exclusive";
  }

  /** Returns the promise of the reply if it is not there at once. */
  #dispatchNow(
    entry: CommandEntry | undefined,
    client: DispatchingClient,
    argv: Uint8Array[],
    oversized: number,
  ): Promise<unknown> | undefined {
    const metrics = this.#metrics;
    const { replies } = client;
    client.lastCommandAt = metrics.date;
    const refusal = this.#refusal(entry, client, argv, oversized);
    if (refusal || !entry) {
      this.#logFailure(client, refusal!);
      return void replies.push(refusal!);
    }
    const startedAt = metrics.now;
    const queue = entry.startsWithQueue ? argv[1] : undefined; // a pending reply keeps no more of the input alive
    const result = this.#run(entry.command, client, argv);
    const pushedMeta = this.#pushedMeta(entry.command, argv, result);
    if (!(result instanceof Promise)) {
      // Only a computed reply is worth a clock read.
      const endedAt = typeof result === "string" || Array.isArray(result) ? metrics.tick() : startedAt;
      this.#record(entry, client, queue, result, endedAt - startedAt, pushedMeta);
      return void replies.push(result);
    }
    const slot = replies.reserve();
    const answer = (reply: Reply | Delivery) => {
      // The clock was read when the store answered; an exclusive command may have ended for another reason.
      const endedAt = entry.command.exclusive ? metrics.tick() : metrics.now;
      this.#record(entry, client, queue, reply, endedAt - startedAt, pushedMeta);
      replies.fill(slot, reply);
    };
    result.then(answer, (error) => answer(this.#errorReply(error)));
    return result;
  }

  #refusal(
    entry: CommandEntry | undefined,
    client: ClientContext,
    argv: Uint8Array[],
    oversized: number,
  ): ErrorReply | undefined {
    if (!entry) {
      this.#metrics.unknown++;
      return new ErrorReply(`ERR unknown command '${printable(argv[0])}'`);
    }
    const { command, stats } = entry;
    client.lastCommand = command.name;
    const refusal = this.#argumentError(command, argv) ?? this.#permissionError(command, client, argv) ??
      (oversized > 0 ? oversizedError(oversized, client) : undefined);
    if (refusal) stats.rejected++;
    return refusal;
  }

  #argumentError({ name, arity: [min, max] }: CommandSpec, { length }: Uint8Array[]): ErrorReply | undefined {
    if (length > min && length <= max + 1) return undefined;
    return new ErrorReply(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  }

  #permissionError(command: CommandSpec, { user }: ClientContext, argv: Uint8Array[]): ErrorReply | undefined {
    return user?.unlimited ? undefined : this.#options.permissionError(command, user, argv);
  }

  #run(command: CommandSpec, client: ClientContext, argv: Uint8Array[]): ReturnType<CommandSpec["handle"]> {
    try {
      return command.handle(client, argv);
    } catch (error) {
      return this.#errorReply(error);
    }
  }

  #pushedMeta(command: CommandSpec, argv: Uint8Array[], result: unknown): Uint8Array | undefined {
    if (!this.#options.observer.needsMeta || result instanceof ErrorReply) return undefined;
    return command.pushedMeta?.(argv)?.slice();
  }

  #errorReply(error: unknown): ErrorReply {
    if (error instanceof CommandError) return new ErrorReply(error.message);
    if (error instanceof StoreUnavailable) return new ErrorReply(`UNAVAILABLE ${error.message}`);
    this.#options.log.error("Command failed unexpectedly", { error });
    return UNEXPECTED_ERROR;
  }

  /** Before a login only the error's code: a client may have sent a password in the wrong place. */
  #logFailure({ addr, user, lastCommand }: ClientContext, { text }: ErrorReply): void {
    const error = user === undefined ? text.split(" ", 1)[0] : text;
    this.#options.log.debug("Command failed", { command: lastCommand, addr, user: user?.name, error });
  }

  #record(
    { command, stats }: CommandEntry,
    client: ClientContext,
    queue: Uint8Array | undefined,
    reply: Reply | Delivery,
    ms: number,
    pushedMeta?: Uint8Array,
  ): void {
    const failed = reply instanceof ErrorReply;
    stats.times.add(ms);
    if (failed) {
      stats.failed++;
      this.#logFailure(client, reply);
    }
    const { observer } = this.#options;
    if (ms < observer.thresholdMs) return;
    const deliveredMeta = reply instanceof Delivery ? reply.events.map(({ meta }) => meta) : undefined;
    observer.record({ command, client, queue, ms, failed, pushedMeta, deliveredMeta });
  }
}

function oversizedError(bytes: number, { server }: ClientContext): ErrorReply {
  return new ErrorReply(
    `ERR argument of ${bytes} bytes is too long: at most ${server.maxEventBytes} bytes are allowed`,
  );
}
