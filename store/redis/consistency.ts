/**
 * A look at all that okq has in Redis, while it may be at work: in steps that each hold Redis for some milliseconds at the
 * most. What looks like an orphan because events moved between two steps is looked at once more, in one.
 *
 * @module
 */
import type { Buffer } from "../../deps.ts";
import { keyOf } from "../bytes.ts";
import { type ConsistencyReport, emptyReport } from "../consistency.ts";
import checkSource from "./consistency.lua" with { type: "text" };
import { ALL_KEYS, type Key, knownKey, queueKeys } from "./keys.ts";
import { type Args, type Link, scanAll } from "./connection/link.ts";
import { Script } from "./script/script.ts";

const script = new Script(checkSource);

/** Ids of a list that are read in one step. */
const IDS_AT_ONCE = 1000;
/** Bytes of contents that one step may pass over, more or less. */
const BYTES_AT_ONCE = 1024 * 1024;
/** Places in lists that one step may pass over. */
const PLACES_AT_ONCE = 500_000;
/** Queues looked at at the same time. */
const QUEUES_AT_ONCE = 32;

/** What `places` in `check.lua` says of an id. */
const CONTENTS = 1;
const LEASED = 2;
const READY = 4;
const DELAYED = 8;

/** What stands in front of the id of a delayed event in the queue's `later`. */
const DELAYS = ["l", "r"];

/** Has something sent, after what has to go before it. */
type InTurn = <Result>(queue: Buffer, send: () => Promise<Result>) => Promise<Result>;

/**
 * Looks at everything.
 * @param inTurn as {@linkcode Lane.inTurn}, of the queue's lane
 */
export async function checkConsistency(link: Link, inTurn: InTurn): Promise<ConsistencyReport> {
  const check = emptyReport();
  const queues = await findQueues(link, check);
  const names = queues.values();
  const worker = async () => {
    for (const queue of names) await new QueueCheck(link, inTurn, queue).into(check);
  };
  await Promise.all(Array.from({ length: QUEUES_AT_ONCE }, worker));
  return check;
}

/** All queues that anything in Redis bears the name of. Counts what is no key of okq's. */
async function findQueues(link: Link, check: ConsistencyReport): Promise<Map<string, Buffer>> {
  const queues = new Map<string, Buffer>();
  const registries: [command: string, key: Buffer][] = [];
  const seen = new Set<string>();
  await link.scan(ALL_KEYS, (keys) => {
    for (const key of keys) {
      const name = keyOf(key);
      if (seen.has(name)) continue;
      seen.add(name);
      const known = knownKey(key);
      if (known === undefined) check.orphans.unknown++;
      else if (known.queue) queues.set(keyOf(known.queue), known.queue);
      else if (known.kind !== "layout") registries.push([known.kind === "queues" ? "SSCAN" : "ZSCAN", key]);
    }
  });
  for (const [command, key] of registries) {
    const step = command === "SSCAN" ? 1 : 2;
    const name = keyOf(key);
    const send = async (args: Args) => (await link.send(name, [args]))[0];
    await unlessStrange(check, () =>
      scanAll(send, [command, name], (items) => {
        for (let i = 0; i < items.length; i += step) queues.set(keyOf(items[i]), items[i]);
      }));
  }
  return queues;
}

/** A key may be of a type that okq never makes. */
async function unlessStrange(check: ConsistencyReport, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("WRONGTYPE"))) throw error;
    check.orphans.unknown++;
  }
}

/** The look at one queue. */
class QueueCheck {
  #link: Link;
  #inTurn: InTurn;
  #queue: Buffer;
  #keys: Key[];

  constructor(link: Link, inTurn: InTurn, queue: Buffer) {
    this.#link = link;
    this.#inTurn = inTurn;
    this.#queue = queue;
    this.#keys = queueKeys(queue);
  }

  /** Adds what it finds. */
  into(check: ConsistencyReport): Promise<void> {
    return unlessStrange(check, async () => {
      const figures = await this.#figures();
      const { ready, contents, leases, consumers, policy, recorded, timer, inTime } = figures;
      const { orphans } = check;
      const there = contents > 0 || consumers > 0 || policy > 0;
      if (recorded) check.queues++;
      if (recorded && !there) orphans.emptyQueues++;
      if (!recorded) orphans.missingQueues += contents || consumers || policy;
      if (timer && !there) orphans.strayTimers++;
      if (there && !inTime) orphans.missingTimers++;
      check.events += contents;
      check.processing += leases;
      if (ready + leases + contents > 0) await this.#compare(check);
    });
  }

  /** Compares contents and places, each read in steps of its own. */
  async #compare({ orphans }: ConsistencyReport): Promise<void> {
    const [, , leases, later] = this.#keys;
    const held = await this.#ids();
    const placed = new Map<string, Buffer>();
    await scanAll((args) => this.#send(args), ["ZSCAN", leases], (items) => {
      for (let i = 0; i < items.length; i += 2) placed.set(keyOf(items[i]), items[i]);
    });
    await scanAll((args) => this.#send(args), ["ZSCAN", later], (items) => {
      for (let i = 0; i < items.length; i += 2) {
        const id = items[i].subarray(1);
        if (DELAYS.includes(String.fromCharCode(items[i][0]))) placed.set(keyOf(id), id);
      }
    });
    await this.#readyInto(placed);
    const suspects = [...held, ...placed].filter(([id]) => held.has(id) !== placed.has(id)).map(([, id]) => id);
    let without = 0;
    let delayedWithout = 0;
    let lost = 0;
    while (suspects.length > 0) {
      const { ready } = await this.#figures();
      const atOnce = Math.ceil(Math.min(PLACES_AT_ONCE / Math.max(1, ready), IDS_AT_ONCE));
      const found = await this.#call("places", ...suspects.splice(-atOnce)) as number[];
      without += found.filter((place) => place === LEASED || place === READY).length;
      delayedWithout += found.filter((place) => place === DELAYED).length;
      lost += found.filter((place) => place === CONTENTS).length;
    }
    // Of all that is well, each has one place; so whatever places are more than that are second ones. How many are
    // delayed Redis does not count.
    const { ready, contents, leases: leased } = await this.#figures();
    orphans.missingContents += without + delayedWithout;
    orphans.unreachable += lost;
    orphans.duplicated += Math.max(0, ready + leased - without - (contents - lost));
  }

  /** The ids of all contents. */
  async #ids(): Promise<Map<string, Buffer>> {
    const ids = new Map<string, Buffer>();
    let cursor = "0";
    let count = 1;
    do {
      const [next, bytes, found] = await this.#call("ids", cursor, String(count)) as [Buffer, number, Buffer[]];
      for (const id of found) ids.set(keyOf(id), id);
      const each = bytes / Math.max(1, found.length);
      count = Math.max(1, Math.min(count * 10, IDS_AT_ONCE, Math.floor(BYTES_AT_ONCE / Math.max(1, each))));
      cursor = String(next);
    } while (cursor !== "0");
    return ids;
  }

  async #readyInto(ids: Map<string, Buffer>): Promise<void> {
    const [ready] = this.#keys;
    // From the right, where events are taken: what is pushed on the left meanwhile moves none of those.
    for (let at = -1;; at -= IDS_AT_ONCE) {
      const some = await this.#send(["LRANGE", ready, String(at - IDS_AT_ONCE + 1), String(at)]) as Buffer[];
      for (const id of some) ids.set(keyOf(id), id);
      if (some.length < IDS_AT_ONCE) return;
    }
  }

  async #figures() {
    const [ready, contents, leases, consumers, policy, recorded, timer, inTime] = await this.#call(
      "figures",
      this.#queue,
    ) as number[];
    return { ready, contents, leases, consumers, policy, recorded, timer, inTime };
  }

  async #call(what: string, ...args: Key[]): Promise<unknown> {
    const call = () => script.call(this.#link, this.#keys, [what, ...args]);
    return (await this.#inTurn(this.#queue, call))[0];
  }

  async #send(args: Args): Promise<unknown> {
    return (await this.#inTurn(this.#queue, () => this.#link.send(String(this.#keys[0]), [args])))[0];
  }
}
