/**
 * Reads the events of an okq written in Go from its Redis.
 *
 * That okq stores an event in several steps. A crash between them leaves contents without a list entry: a push that was
 * never confirmed, but whose id is refused from then on. Such events are moved too, last. An interrupted
 * acknowledgement leaves an id without contents: there is nothing to move.
 *
 * @module
 */
import { Buffer } from "../deps.ts";
import { distinct, keyOf } from "../store/bytes.ts";
import { openLink } from "../store/redis/connection/connect.ts";
import { type Args, type Link, scanAll } from "../store/redis/connection/link.ts";
import { ALL_KEYS, LAYOUT_KEY } from "../store/redis/keys.ts";
import { Script } from "../store/redis/script/script.ts";
import type { StoreOptions } from "../store/store.ts";
import { GO_KEYS, type GoKeys, goKeys, goQueueOf, looksLikeLock } from "./go_keys.ts";
import luaSource from "./go_okq.lua" with { type: "text" };
import {
  type LegacyBatch,
  type LegacyEvent,
  type LegacyOverview,
  type LegacyQueue,
  type LegacySource,
  type MoveOutcome,
  SourceInUse,
} from "./source.ts";

const script = new Script(luaSource);

/** Limits of a batch: what a store pushes in one step, so that the order is kept. */
const MAX_BATCH_EVENTS = 256;
const MAX_BATCH_BYTES = 512 * 1024;

/** How long the Go okq counts a consumer after its last heartbeat. */
const GO_CONSUMER_TTL_S = 30;

const OUTCOME_LETTERS: Record<MoveOutcome, string> = { moved: "m", kept: "k", missing: "x" };

type Lengths = [ready: number, claimed: number, items: number];

/** In KEYS of the script; `NO_LIST` for contents without a list entry. */
type List = typeof NO_LIST | typeof READY | typeof CLAIMED;
const NO_LIST = 0;
const READY = 1;
const CLAIMED = 2;

/**
 * @param url like that of a store
 * @throws {StoreUnavailable} if it cannot be reached in time
 * @throws {Error} if the URL is invalid, or that Redis cannot be used
 */
export async function openGoOkq(url: string, options: StoreOptions): Promise<LegacySource> {
  return new GoOkq(await openLink(url, options));
}

/** Whose data a Redis holds: that of a Go okq, that of this okq, or both. */
export async function dataIn(url: string, options: StoreOptions): Promise<{ ofGo: boolean; ofOkq: boolean }> {
  const link = await openLink(url, options);
  try {
    const { queues, inUse } = await new GoOkq(link).overview();
    let ofOkq = false;
    await link.scan(ALL_KEYS, (keys) => ofOkq ||= keys.some((key) => String(key) !== LAYOUT_KEY));
    return { ofGo: queues.length > 0 || inUse !== undefined, ofOkq };
  } finally {
    link.close();
  }
}

class GoOkq implements LegacySource {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  async overview(): Promise<LegacyOverview> {
    const names = new Map<string, Buffer>();
    const possibleLocks: Buffer[] = [];
    await this.#link.scan(GO_KEYS, (keys) => {
      for (const key of keys) {
        const queue = goQueueOf(key);
        if (looksLikeLock(key)) possibleLocks.push(key);
        else if (queue) names.set(keyOf(queue), queue);
      }
    });
    for (const key of possibleLocks) {
      const [type, leftMs] = await this.#send(key, ["TYPE", key], ["PTTL", key]);
      const queue = goQueueOf(key);
      if (String(type) === "string") return { queues: [], inUse: leased(key, Number(leftMs)) };
      if (queue && String(type) !== "none") names.set(keyOf(queue), queue);
    }
    const queues: LegacyQueue[] = [];
    for (const name of names.values()) {
      const keys = goKeys(name);
      if (await this.#hasConsumer(keys)) return { queues: [], inUse: consumed(keys.consumers) };
      const [ready, claimed, items] = await this.#lengths(keys);
      const events = Math.max(ready + claimed, items);
      if (events > 0) queues.push({ name, events });
    }
    return { queues };
  }

  async *batches(queue: Uint8Array): AsyncGenerator<LegacyBatch, void> {
    const keys = goKeys(queue);
    const reader = new BatchReader(this.#link, keys, await this.#lengths(keys));
    const kept = new Set<string>();
    for (const [list, key] of [[CLAIMED, keys.claimed], [READY, keys.ready]] as const) {
      for (let skip = 0;;) {
        const range = [`${-skip - MAX_BATCH_EVENTS}`, `${-skip - 1}`];
        const [ids] = await this.#send(key, ["LRANGE", key, ...range]) as [Buffer[]];
        if (ids.length === 0) break;
        const keptIds = yield* reader.batch(list, ids.reverse());
        for (const id of keptIds) kept.add(keyOf(id));
        skip += keptIds.length;
      }
    }
    const unlisted: Uint8Array[] = [];
    await scanAll(async (args) => (await this.#send(keys.items, args))[0], ["HSCAN", keys.items], (items) => {
      for (let i = 0; i < items.length; i += 2) if (!kept.has(keyOf(items[i]))) unlisted.push(items[i]);
    });
    // HSCAN may return an id twice.
    const ids = distinct(unlisted) as Buffer[];
    for (let i = 0; i < ids.length; i += MAX_BATCH_EVENTS) {
      yield* reader.batches(NO_LIST, ids.slice(i, i + MAX_BATCH_EVENTS));
    }
  }

  close(): void {
    this.#link.close();
  }

  async #hasConsumer({ consumers }: GoKeys): Promise<boolean> {
    const [[now], newest] = await this.#send(consumers, ["TIME"], ["ZRANGE", consumers, "-1", "-1", "WITHSCORES"]) as [
      [Buffer],
      [consumer?: Buffer, heartbeat?: Buffer],
    ];
    const [, heartbeat] = newest;
    return heartbeat !== undefined && Number(heartbeat) > Number(now) - GO_CONSUMER_TTL_S;
  }

  async #lengths({ ready, claimed, items }: GoKeys): Promise<Lengths> {
    try {
      return await this.#send(ready, ["LLEN", ready], ["LLEN", claimed], ["HLEN", items]) as Lengths;
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("WRONGTYPE"))) throw error;
      throw new Error(`Cannot migrate ${ready}: its keys do not belong to an okq; rename or delete them`);
    }
  }

  #send(key: Buffer, ...commands: Args[]): Promise<unknown[]> {
    return this.#link.send(String(key), commands);
  }
}

function leased(lock: Buffer, leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return `the lease of ${lock} ends in ${seconds} s; stop the old okq and wait until its leases have ended`;
}

function consumed(consumers: Buffer): string {
  return `${consumers} holds a connected consumer; stop the old okq and wait ${GO_CONSUMER_TTL_S} seconds`;
}

/** Detects changes by another client. */
class BatchReader {
  readonly #link: Link;
  readonly #keys: Buffer[];
  #lengths: Lengths;

  constructor(link: Link, { ready, claimed, items, moving }: GoKeys, lengths: Lengths) {
    this.#link = link;
    this.#keys = [ready, claimed, items, moving];
    this.#lengths = lengths;
  }

  /** Yields the first of these events. Returns the ids of those that were kept. */
  async *batch(list: List, ids: Buffer[]): AsyncGenerator<LegacyBatch, Buffer[]> {
    const found = await this.#call("read", `${MAX_BATCH_BYTES}`, ...ids) as [
      contents: Buffer | null,
      retried: number,
    ][];
    const events: LegacyEvent[] = found.map(([contents, retried], i) => ({
      id: ids[i],
      contents,
      retried: retried === 1,
    }));
    let kept: Buffer[] = [];
    const complete = async (outcomes: MoveOutcome[]) => {
      kept = ids.filter((_, i) => outcomes[i] === "kept");
      const args = outcomes.map((outcome, i) => Buffer.concat([Buffer.from(OUTCOME_LETTERS[outcome]), ids[i]]));
      const [moved, missing] = await this.#call("complete", `${list}`, ...args) as [number, number];
      if (missing === 1) throw this.#changed();
      return moved;
    };
    yield { events, complete };
    return kept;
  }

  async *batches(list: List, ids: Buffer[]): AsyncGenerator<LegacyBatch, void> {
    for (let rest = ids; rest.length > 0;) {
      for await (const batch of this.batch(list, rest)) {
        rest = rest.slice(batch.events.length);
        yield batch;
      }
    }
  }

  async #call(operation: "read" | "complete", ...args: (string | Buffer)[]): Promise<unknown> {
    const [reply] = await script.call(this.#link, String(this.#keys[0]), this.#keys, [
      ...this.#lengths.map(String),
      operation,
      ...args,
    ]);
    if (reply === null) throw this.#changed();
    const [lengths, result] = reply as [Lengths, unknown];
    this.#lengths = lengths;
    return result;
  }

  #changed(): SourceInUse {
    return new SourceInUse(`${this.#keys[0]} changed while it was being moved; stop the old okq`);
  }
}
