/**
 * The events of an okq written in Go, whose keys `go_keys.ts` describes.
 *
 * That okq stores an event in several steps, so a crash of its may have left contents without a place, whose push was
 * never confirmed but would be refused if it were made again: such an event is given out too, last. An id without
 * contents is what an acknowledgement left behind: there is nothing to move.
 *
 * @module
 */
import { Buffer } from "../deps.ts";
import { keyOf } from "../store/bytes.ts";
import {
  type LegacyBatch,
  type LegacyEvent,
  LegacyInUse,
  type LegacyOverview,
  type LegacyQueue,
  type LegacySource,
  type MoveOutcome,
} from "./source.ts";
import type { StoreOptions } from "../store/store.ts";
import { openLink } from "../store/redis/connection/connect.ts";
import { GO_KEYS, type GoKeys, goKeys, goQueueOf, looksLocked } from "./go_keys.ts";
import goSource from "./go_okq.lua" with { type: "text" };
import { type Link, scanAll } from "../store/redis/connection/link.ts";
import { Script } from "../store/redis/script/script.ts";

const script = new Script(goSource);

/** Events of a batch: so many, and so many bytes, that a store takes them in one step, in their order. */
const EVENTS_AT_ONCE = 256;
const BYTES_AT_ONCE = 512 * 1024;
/** How long the Go okq remembers a consumer without a sign of life, in seconds. */
const CONSUMER_TTL_S = 30;

/** The letters of `settle` in `go_okq.lua`. */
const LETTERS: Record<MoveOutcome, string> = { moved: "m", stays: "s", void: "v" };

/** Lengths of the ready list, of the claimed list and of the items. */
type Lengths = [ready: number, claimed: number, items: number];

/** The list in which events are: its place among the script's keys, or 0 for none. */
type List = 0 | 1 | 2;

/**
 * Connects to the Redis in which an okq written in Go has kept its events.
 * @param url as of a store
 * @throws {StoreUnavailable} if it cannot be reached in time
 * @throws {Error} if the URL makes no sense, or that Redis cannot be used
 */
export async function openGoOkq(url: string, options: StoreOptions): Promise<LegacySource> {
  return new GoOkq(await openLink(url, options));
}

class GoOkq implements LegacySource {
  #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  async overview(): Promise<LegacyOverview> {
    const names = new Map<string, Buffer>();
    const locks: Buffer[] = [];
    await this.#link.scan(GO_KEYS, (keys) => {
      for (const key of keys) {
        const queue = goQueueOf(key);
        if (looksLocked(key)) locks.push(key);
        else if (queue) names.set(keyOf(queue), queue);
      }
    });
    for (const key of locks) {
      const [type, left] = await this.#send(key, ["TYPE", key], ["PTTL", key]);
      const queue = goQueueOf(key);
      if (String(type) === "string") return { queues: [], life: leased(key, Number(left)) };
      if (queue && String(type) !== "none") names.set(keyOf(queue), queue);
    }
    const queues: LegacyQueue[] = [];
    for (const name of names.values()) {
      const keys = goKeys(name);
      if (await this.#hasConsumer(keys)) return { queues: [], life: connected(keys.consumers) };
      const [ready, claimed, items] = await this.#lengths(keys);
      const events = Math.max(ready + claimed, items);
      if (events > 0) queues.push({ name, events });
    }
    return { queues };
  }

  async *batches(queue: Uint8Array): AsyncGenerator<LegacyBatch, void> {
    const keys = goKeys(queue);
    const mover = new Mover(this.#link, keys, await this.#lengths(keys));
    const stay = new Set<string>();
    for (const [list, key] of [[2, keys.claimed], [1, keys.ready]] as const) {
      let passed = 0;
      while (true) {
        const range = [`${-passed - EVENTS_AT_ONCE}`, `${-passed - 1}`];
        const [ids] = await this.#send(key, ["LRANGE", key, ...range]) as [Buffer[]];
        if (ids.length === 0) break;
        const stayed = yield* mover.move(list, ids.reverse());
        for (const id of stayed) stay.add(keyOf(id));
        passed += stayed.length;
      }
    }
    let placeless: Buffer[] = [];
    await scanAll(async (args) => (await this.#send(keys.items, args))[0], ["HSCAN", keys.items], (items) => {
      for (let i = 0; i < items.length; i += 2) if (!stay.has(keyOf(items[i]))) placeless.push(items[i]);
    });
    placeless = [...new Map(placeless.map((id) => [keyOf(id), id])).values()];
    for (let i = 0; i < placeless.length; i += EVENTS_AT_ONCE) {
      yield* mover.moveAll(0, placeless.slice(i, i + EVENTS_AT_ONCE));
    }
  }

  close(): void {
    this.#link.close();
  }

  /** Whether a consumer gave a sign of life lately. */
  async #hasConsumer({ consumers }: GoKeys): Promise<boolean> {
    const [[now], last] = await this.#send(consumers, ["TIME"], ["ZRANGE", consumers, "-1", "-1", "WITHSCORES"]) as [
      [Buffer],
      Buffer[],
    ];
    return last.length > 0 && Number(last[1]) > Number(now) - CONSUMER_TTL_S;
  }

  async #lengths({ ready, claimed, items }: GoKeys): Promise<Lengths> {
    try {
      return await this.#send(ready, ["LLEN", ready], ["LLEN", claimed], ["HLEN", items]) as Lengths;
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("WRONGTYPE"))) throw error;
      throw new Error(`Cannot move the queue of ${ready}: its keys are not those of an okq; rename or delete them`);
    }
  }

  /** Sends commands to where the key is. */
  #send(key: Buffer, ...commands: (string | Buffer)[][]): Promise<unknown[]> {
    return this.#link.send(String(key), commands);
  }
}

function leased(lock: Buffer, leftMs: number): string {
  const left = Math.ceil(leftMs / 1000);
  return `${lock} says that an event is being processed for another ${left} s; stop the old okq and let the leases end`;
}

function connected(consumers: Buffer): string {
  return `${consumers} holds a consumer that is connected; stop the old okq, and wait ${CONSUMER_TTL_S} seconds until ` +
    "it is forgotten";
}

/** Takes and settles the events of one queue, and notices when somebody else changes it. */
class Mover {
  #link: Link;
  #keys: Buffer[];
  #lengths: Lengths;

  constructor(link: Link, { ready, claimed, items, moving }: GoKeys, lengths: Lengths) {
    this.#link = link;
    this.#keys = [ready, claimed, items, moving];
    this.#lengths = lengths;
  }

  /** Moves the first of these events, as many as go in one batch. Returns the ids of those that stay. */
  async *move(list: List, ids: Buffer[]): AsyncGenerator<LegacyBatch, Buffer[]> {
    const found = await this.#call("take", `${BYTES_AT_ONCE}`, ...ids) as [Buffer | null, number][];
    const events: LegacyEvent[] = found.map(([contents, again], i) => ({ id: ids[i], contents, again: again === 1 }));
    let stayed: Buffer[] = [];
    const settle = async (fates: MoveOutcome[]) => {
      stayed = ids.filter((_, i) => fates[i] === "stays");
      const settled = fates.map((fate, i) => Buffer.concat([Buffer.from(LETTERS[fate]), ids[i]]));
      const [moved, missing] = await this.#call("settle", `${list}`, ...settled) as [number, number];
      if (missing === 1) throw this.#inUse();
      return moved;
    };
    yield { events, settle };
    return stayed;
  }

  /** Moves all of these events. */
  async *moveAll(list: List, ids: Buffer[]): AsyncGenerator<LegacyBatch, void> {
    for (let rest = ids; rest.length > 0;) {
      for await (const batch of this.move(list, rest)) {
        rest = rest.slice(batch.events.length);
        yield batch;
      }
    }
  }

  async #call(does: string, ...args: (string | Buffer)[]): Promise<unknown> {
    const lengths = this.#lengths.map(String);
    const [reply] = await script.call(this.#link, this.#keys, [...lengths, does, ...args]);
    if (reply === null) throw this.#inUse();
    const [after, result] = reply as [Lengths, unknown];
    this.#lengths = after;
    return result;
  }

  #inUse(): LegacyInUse {
    return new LegacyInUse(`${this.#keys[0]} changed while it was being moved; stop the old okq`);
  }
}
