/**
 * Producers, one for each queue, and consumers that record everything they do in the ledger.
 *
 * A producer repeats a push until the event is known to be stored. A consumer acknowledges most events, forgets some,
 * gives some back, acknowledges some after their lease, and now and then disconnects with unacknowledged events. Half of
 * the consumers use QNOTIFY, QRPOP and QACK, half use QCLAIM.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import type { Addr } from "../../../tests/support/wire.ts";
import { Client } from "../../client.ts";
import type { Random } from "../../random.ts";
import { Acknowledger, PAUSE_MS } from "./acknowledger.ts";
import { ClaimConsumer } from "./claim_consumer.ts";
import { contentsOf, type Entry, type Ledger } from "../ledger.ts";
import { DEAD_QUEUES, groupOf, LEASE_SECONDS, ORDERED_QUEUES, POLICIES, STRICT_QUEUES } from "../queues.ts";

const PIPELINE = 8;
/** More than one call to the store takes. */
const ORDERED_PIPELINE = 16;
/** The consumers must empty the queues within this time in the end. */
const DRAIN_MS = 120_000;

type Treatment = "acknowledge" | "forget" | "give back" | "acknowledge late";

export interface LoadOptions {
  addrs: () => Addr[];
  ledger: Ledger;
  queues: readonly string[];
  random: Random;
  consumers: number;
  /** How long a producer pauses after each pipeline: on two cores the consumers must keep up. */
  producerPauseMs: number;
}

/** Runs from its construction. */
export class Load {
  readonly #options: LoadOptions;
  readonly #producing = new AbortController();
  readonly #consuming = new AbortController();
  readonly #draining = new AbortController();
  readonly #producers: Promise<void>[];
  readonly #consumers: Promise<void>[];
  readonly #policies: Promise<void>;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#policies = this.#setPolicies();
    const start = (count: number, run: (number: number, random: Random) => Promise<void>) =>
      Array.from({ length: count }, (_, number) => run(number, options.random.fork()));
    this.#producers = start(options.queues.length, (number, random) => this.#produce(number, random));
    this.#consumers = start(options.consumers, (number, random) => {
      if (number % 2 === 0) return this.#consume(number, random);
      const { ledger, queues } = options;
      const [signal, draining] = [this.#consuming.signal, this.#draining.signal];
      return new ClaimConsumer({ ledger, queues, random, signal, draining }).run((attempt) =>
        this.#addr(number, attempt)
      );
    });
  }

  /**
   * Ends the producers, and consumes until all queues are empty.
   * @returns events by queue that are left after two minutes; NaN if no instance answers
   */
  async finish(): Promise<Map<string, number>> {
    this.#producing.abort();
    const timer = setTimeout(() => this.#consuming.abort(), DRAIN_MS);
    await Promise.all(this.#producers);
    clearTimeout(timer);
    this.#options.ledger.stalls.stop();
    this.#draining.abort();
    const left = await this.#drain();
    await this.abort();
    return left;
  }

  async abort(): Promise<void> {
    for (const phase of [this.#producing, this.#draining, this.#consuming]) phase.abort();
    await Promise.all([...this.#producers, ...this.#consumers, this.#policies]);
  }

  /** The instance for a connection attempt of a client: another one at each attempt. */
  #addr(number: number, attempt: number): () => Addr {
    return () => {
      const addrs = this.#options.addrs();
      return addrs[(number + attempt) % addrs.length];
    };
  }

  async #setPolicies(): Promise<void> {
    const { signal } = this.#consuming;
    for (const [queue, policy] of Object.entries(POLICIES)) {
      while (!signal.aborted) {
        await using client = await Client.connectWithRetry(this.#addr(0, 0), signal);
        if (await client?.command("QCONFIG", "SET", queue, ...policy) === "+OK") break;
        await delay(PAUSE_MS);
      }
    }
  }

  async #produce(number: number, random: Random): Promise<void> {
    const { ledger, queues, producerPauseMs } = this.#options;
    const { signal } = this.#consuming; // pushes that were begun are completed after #producing aborts
    // One queue only: replies come in order, so a queue that is out of reach would block pushes to others.
    const queue = queues[number];
    const pipeline = ORDERED_QUEUES.includes(queue) ? ORDERED_PIPELINE : PIPELINE;
    let pending: Entry[] = [];
    let events = 0;
    await this.#policies;
    for (let attempt = 0; !signal.aborted; attempt++) {
      await using client = await Client.connectWithRetry(this.#addr(number, attempt), signal);
      while (client && !client.broken && !signal.aborted) {
        while (pending.length < pipeline && !this.#producing.signal.aborted) {
          pending.push(ledger.enter(queue, `${number}-${events}`, groupOf(queue, events++)));
        }
        if (pending.length === 0) return;
        const side = random.chance(0.1) ? "right" : "left";
        const command = side === "left" ? "QLPUSH" : "QRPUSH";
        const pushes = pending.map((entry) => ledger.pushing(entry, side));
        const answers = await client.pipeline(pending.map(({ queue, id, group }) => {
          return [command, queue, id, contentsOf(id), ...group === undefined ? [] : ["GROUP", group]];
        }));
        const before = pending.length;
        pending = pending.filter((_, i) => !ledger.pushed(pushes[i], answers[i]));
        await delay(pending.length === before ? PAUSE_MS : producerPauseMs);
      }
    }
  }

  async #consume(number: number, random: Random): Promise<void> {
    const { ledger } = this.#options;
    const { signal } = this.#consuming;
    const acknowledger = new Acknowledger(ledger);
    const queues = this.#options.queues.filter((queue) => !ORDERED_QUEUES.includes(queue));
    for (let attempt = 0; !signal.aborted; attempt++) {
      await using client = await Client.connectWithRetry(this.#addr(number, attempt), signal);
      if (!client) return;
      const registered = await client.command("QREGISTER", ...queues);
      while (!client.broken && !signal.aborted) {
        await acknowledger.retry(client);
        if (registered !== "+OK") {
          await delay(PAUSE_MS);
          break;
        }
        const queue = await client.command("QNOTIFY", this.#draining.signal.aborted ? "0.2" : "1");
        if (typeof queue !== "string" || queue.startsWith("-")) {
          ledger.replied(queue);
          if (queue !== null) await delay(PAUSE_MS);
          continue;
        }
        await this.#process(client, queue, random, acknowledger);
      }
    }
  }

  async #process(client: Client, queue: string, random: Random, acknowledger: Acknowledger): Promise<void> {
    const { ledger } = this.#options;
    const request = { sentAt: performance.now() };
    const pop = ["QRPOP", queue, "EX", `${LEASE_SECONDS}`];
    const treated: Record<Treatment, Entry[]> = {
      "acknowledge": [],
      "forget": [],
      "give back": [],
      "acknowledge late": [],
    };
    for (const answer of await client.pipeline(Array.from({ length: PIPELINE }, () => pop))) {
      if (!Array.isArray(answer)) {
        ledger.replied(answer);
        continue;
      }
      const entry = ledger.delivered(`${answer[0]}`, `${answer[1]}`, request);
      if (entry) treated[this.#treatment(random)].push(entry);
    }
    if (!this.#draining.signal.aborted && random.chance(0.005)) return client.close();
    for (const entry of treated["give back"]) {
      const { id } = entry;
      ledger.settling(entry);
      const command = STRICT_QUEUES.includes(queue) ? ["QNACK", queue, id] : ["QACK", queue, id, "REDO"];
      ledger.replied(await client.command(...command));
    }
    const acknowledge = (entries: Entry[]) =>
      acknowledger.send(client, entries.map((entry) => [entry, ["QACK", queue, entry.id]]));
    await acknowledge(treated.acknowledge);
    if (treated["acknowledge late"].length === 0) return;
    await delay((LEASE_SECONDS + random.next()) * 1000);
    await acknowledge(treated["acknowledge late"]);
  }

  #treatment(random: Random): Treatment {
    const number = random.next();
    if (this.#draining.signal.aborted || number < 0.93) return "acknowledge";
    if (number < 0.96) return "forget";
    return number < 0.999 ? "give back" : "acknowledge late";
  }

  async #drain(): Promise<Map<string, number>> {
    const { queues } = this.#options;
    const end = performance.now() + DRAIN_MS;
    let left = new Map([["all queues", NaN]]);
    for (let i = 0; left.size > 0 && performance.now() < end; i++) {
      await delay(100);
      await using client = await Client.connectWithRetry(this.#addr(i, 0), AbortSignal.timeout(1000));
      const rows = await client?.command("QSTATS", ...queues, ...DEAD_QUEUES);
      if (!Array.isArray(rows)) continue;
      const totals = rows.map((row) => [String((row as unknown[])[0]), Number((row as unknown[])[1])] as const);
      left = new Map(totals.filter(([, total]) => total > 0));
    }
    return left;
  }
}
