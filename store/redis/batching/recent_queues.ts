/**
 * The queues of recent batches, with their keys as Redis gets them: for one queue they are always the same bytes, and
 * encoding them anew would be a fifth of okq's work for a call.
 *
 * @module
 */
import { EncodedArguments } from "../connection/link.ts";
import { keyOf, RecentCache } from "../../bytes.ts";
import { queueKeys } from "../keys.ts";

const MAX_REMEMBERED_QUEUES = 1000;

export interface RecentQueue {
  /** The queue's map key. */
  readonly key: string;
  /** All keys that only this queue has. */
  readonly redisKeys: EncodedArguments;
  /** The number of the last batch that has it, and its position there. */
  batch: number;
  position: number;
}

export class RecentQueues {
  readonly #queues = new Map<string, RecentQueue>();
  #last = new RecentCache<RecentQueue>((name) => this.#find(name));

  get(name: Uint8Array): RecentQueue {
    return this.#last.get(name);
  }

  /** Forgets all if they are many. Only between batches: within one, a forgotten queue would get a second position. */
  trim(): void {
    if (this.#queues.size <= MAX_REMEMBERED_QUEUES) return;
    this.#queues.clear();
    this.#last = new RecentCache((name) => this.#find(name));
  }

  #find(name: Uint8Array): RecentQueue {
    const key = keyOf(name);
    let queue = this.#queues.get(key);
    if (!queue) {
      queue = { key, redisKeys: new EncodedArguments(queueKeys(name)), batch: 0, position: 0 };
      this.#queues.set(key, queue);
    }
    return queue;
  }
}
