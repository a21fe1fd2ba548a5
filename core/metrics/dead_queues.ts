/**
 * Dead queues, and the queues whose dead letters they hold.
 *
 * @module
 */
import { bytesOfKey, keyOf } from "../../store/bytes.ts";
import type { User } from "../auth/user.ts";
import type { ServerContext } from "../context.ts";
import { giveWay, slicesOf } from "../util/slices.ts";

/** Policies read per refresh. With more queues, changes are known later. */
const POLICIES_PER_REFRESH = 500;
const FRESH_MS = 2000;

const DEAD = ":dead";

/** Returned of one dead queue. */
const MAX_ORIGINS = 20;

/** Names are map keys. */
export class DeadQueues {
  readonly #server: Pick<ServerContext, "store" | "queueStats">;
  /** Dead queues of the policies by their queues, null for the default; last read last. */
  readonly #policies = new Map<string, string | null>();
  /** Queues by their dead queues, if these are not the default. */
  readonly #origins = new Map<string, Set<string>>();
  #refreshing: Promise<void> | undefined;
  #refreshedAt = -Infinity;

  constructor(server: Pick<ServerContext, "store" | "queueStats">) {
    this.#server = server;
  }

  /** Active queues whose policies were not read yet. */
  unread = 0;

  /** Reads some policies, those not read for longest, unless that was done recently. */
  async refresh(freshMs = FRESH_MS): Promise<void> {
    if (performance.now() - this.#refreshedAt < freshMs) return;
    this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = undefined);
    await this.#refreshing;
  }

  /** Whether a queue is there for dead letters, by its name or a policy. */
  includes(queue: string): boolean {
    return queue.length > DEAD.length && queue.endsWith(DEAD) || this.#origins.has(queue);
  }

  /** The queues whose dead letters a queue holds, as far as is known. */
  originsOf(queue: string): string[] {
    const origins = [...this.#origins.get(queue) ?? []];
    const byName = queue.endsWith(DEAD) ? queue.slice(0, -DEAD.length) : "";
    return byName === "" || this.#policies.get(byName) ? origins : [byName, ...origins];
  }

  async #refresh(): Promise<void> {
    const { store, queueStats } = this.#server;
    await queueStats.refresh();
    const pause = giveWay();
    const due: [key: string, queue: Uint8Array][] = [];
    let unread = 0;
    for (const slice of slicesOf(queueStats.all())) {
      for (const [key, { queue }] of slice) {
        if (!this.#policies.has(key) && ++unread <= POLICIES_PER_REFRESH) due.push([key, queue]);
      }
      await pause();
    }
    for (const key of this.#policies.keys().take(POLICIES_PER_REFRESH - due.length).toArray()) {
      const queue = queueStats.nameOf(key);
      if (queue) due.push([key, queue]);
      else this.#set(key, undefined);
    }
    const policies = await Promise.all(due.map(([, queue]) => store.policy(queue)));
    for (const [i, { deadQueue }] of policies.entries()) this.#set(due[i][0], deadQueue && keyOf(deadQueue));
    this.unread = Math.max(0, unread - POLICIES_PER_REFRESH);
    this.#refreshedAt = performance.now();
  }

  #set(key: string, deadQueue: string | null | undefined): void {
    const before = this.#policies.get(key);
    const origins = before ? this.#origins.get(before) : undefined;
    origins?.delete(key);
    if (origins?.size === 0) this.#origins.delete(before!);
    this.#policies.delete(key);
    if (deadQueue === undefined) return;
    this.#policies.set(key, deadQueue);
    if (deadQueue === null) return;
    const others = this.#origins.get(deadQueue);
    if (others) others.add(key);
    else this.#origins.set(deadQueue, new Set([key]));
  }
}

const known = new WeakMap<Pick<ServerContext, "store" | "queueStats">, DeadQueues>();

/** The dead queues of a server. */
export function deadQueuesOf(server: Pick<ServerContext, "store" | "queueStats">): DeadQueues {
  let deadQueues = known.get(server);
  if (!deadQueues) known.set(server, deadQueues = new DeadQueues(server));
  return deadQueues;
}

/** Some of the queues whose dead letters a queue holds, of those that a user may access. */
export function accessibleOrigins(deadQueues: DeadQueues, queue: Uint8Array, user: User): Uint8Array[] {
  const origins = deadQueues.originsOf(keyOf(queue)).values().map(bytesOfKey);
  return origins.filter((origin) => user.mayAccess(origin)).take(MAX_ORIGINS).toArray();
}
