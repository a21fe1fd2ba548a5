/**
 * Producers and consumers that write down in the ledger whatever they do.
 *
 * A producer sends an event's push again, with the same id, until it knows that it is stored. A consumer waits, takes
 * several events at once, and then acknowledges most of them, forgets some, gives some back, takes too long over some,
 * and now and then hangs up with its hands full. An acknowledgement without a clear answer is repeated until it has one.
 * Half of the consumers do that with QNOTIFY, QRPOP and QACK, the other half as `claiming.ts` says.
 *
 * @module
 */
import type { Addr } from "../../tests/support/wire.ts";
import { Claiming } from "./claim_consumer.ts";
import { Client, sleep } from "../client.ts";
import { contentsOf, type Entry, type Ledger } from "./ledger.ts";
import { DEAD_QUEUES, setPolicies, STRICT_QUEUES } from "./policies.ts";
import type { Random } from "../random.ts";
import { REFUSED_PAUSE_MS, Settling } from "./acknowledger.ts";

/** How long events are leased to a consumer, in seconds. */
export const LEASE_SECONDS = 1;

/** Events that a producer pushes, and a consumer takes, without waiting in between. */
const AT_ONCE = 8;
/** Pause of a producer after each round, in milliseconds: two cores carry everything, and consumers must keep up. */
const PRODUCER_PAUSE_MS = 100;
/** How long the queues may take to run empty in the end, in milliseconds. */
const DRAIN_MS = 60_000;

/** How a consumer treats an event. */
type Treatment = "acknowledge" | "forget" | "give back" | "be late";

/** What the load needs to know. */
export interface LoadOptions {
  /** Where the okq instances listen, now. */
  addrs: () => Addr[];
  /** What is written down. */
  ledger: Ledger;
  /** The queues in use. */
  queues: readonly string[];
  /** Chooses who does what. */
  random: Random;
  /** How many producers there are for each queue. */
  producers: number;
  /** How many consumers there are, half of which claim. */
  consumers: number;
}

/** The load of a run. It begins when it is made. */
export class Load {
  readonly #options: LoadOptions;
  readonly #producing = new AbortController();
  readonly #consuming = new AbortController();
  readonly #draining = new AbortController();
  readonly #producers: Promise<void>[];
  readonly #consumers: Promise<void>[];
  readonly #policies: Promise<void>;

  /** Starts all producers and consumers. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#policies = setPolicies(this.#addr(0, 0), this.#consuming.signal);
    const many = (count: number, run: (number: number, random: Random) => Promise<void>) =>
      Array.from({ length: count }, (_, number) => run(number, options.random.fork()));
    this.#producers = many(
      options.producers * options.queues.length,
      (number, random) => this.#produce(number, random),
    );
    this.#consumers = many(options.consumers, (number, random) => {
      if (number % 2 === 0) return this.#consume(number, random);
      const { ledger, queues } = options;
      const [signal, draining] = [this.#consuming.signal, this.#draining.signal];
      return new Claiming({ ledger, queues, random, signal, draining }).run((attempt) => this.#addr(number, attempt));
    });
  }

  /**
   * Ends the pushing, and then consumes until all queues are empty.
   * @returns how many events are left in each in the end, which should be none; NaN if nobody can tell
   */
  async finish(): Promise<Map<string, number>> {
    this.#producing.abort();
    const giveUp = setTimeout(() => this.#consuming.abort(), DRAIN_MS);
    await Promise.all(this.#producers);
    clearTimeout(giveUp);
    this.#options.ledger.stalls.stop();
    this.#draining.abort();
    const left = await this.#runEmpty();
    await this.abandon();
    return left;
  }

  /** Ends everything at once. */
  async abandon(): Promise<void> {
    for (const phase of [this.#producing, this.#draining, this.#consuming]) phase.abort();
    await Promise.all([...this.#producers, ...this.#consumers, this.#policies]);
  }

  #addr(number: number, attempt: number): () => Addr {
    return () => {
      const addrs = this.#options.addrs();
      return addrs[(number + attempt) % addrs.length];
    };
  }

  async #produce(number: number, random: Random): Promise<void> {
    const { ledger, queues } = this.#options;
    const given = this.#consuming.signal; // what was begun is finished, unless everything is abandoned
    let pending: Entry[] = [];
    let events = 0;
    await this.#policies;
    for (let attempt = 0; !given.aborted; attempt++) {
      await using client = await Client.insist(this.#addr(number, attempt), given);
      while (client && !client.broken && !given.aborted) {
        while (pending.length < AT_ONCE && !this.#producing.signal.aborted) {
          // To one queue only: replies come in order, and a queue that cannot be served must not hold up others.
          pending.push(ledger.enter(queues[number % queues.length], `${number}-${events++}`));
        }
        if (pending.length === 0) return;
        const side = random.chance(0.1) ? "QRPUSH" : "QLPUSH";
        const answers = await client.ask(pending.map(({ queue, id }) => [side, queue, id, contentsOf(id)]));
        const before = pending.length;
        pending = pending.filter((entry, i) => !ledger.pushed(entry, answers[i]));
        await sleep(pending.length === before ? REFUSED_PAUSE_MS : PRODUCER_PAUSE_MS);
      }
    }
  }

  async #consume(number: number, random: Random): Promise<void> {
    const { queues } = this.#options;
    const { signal } = this.#consuming;
    const settling = new Settling(this.#options.ledger);
    for (let attempt = 0; !signal.aborted; attempt++) {
      await using client = await Client.insist(this.#addr(number, attempt), signal);
      if (!client) return;
      const registered = await client.one("QREGISTER", ...queues);
      while (!client.broken && !signal.aborted) {
        await settling.repeat(client);
        if (registered !== "+OK") {
          await sleep(REFUSED_PAUSE_MS);
          break;
        }
        const told = await client.one("QNOTIFY", this.#draining.signal.aborted ? "0.2" : "1");
        if (typeof told !== "string" || told.startsWith("-")) {
          this.#options.ledger.heard(told);
          if (told !== null) await sleep(REFUSED_PAUSE_MS);
          continue;
        }
        await this.#work(client, told, random, settling);
      }
    }
  }

  /** Takes some events of a queue and deals with them. */
  async #work(client: Client, queue: string, random: Random, settling: Settling): Promise<void> {
    const { ledger } = this.#options;
    const sentAt = performance.now();
    const pop = ["QRPOP", queue, "EX", `${LEASE_SECONDS}`];
    const answers = await client.ask(Array.from({ length: AT_ONCE }, () => pop));
    const treated = new Map<Treatment, Entry[]>();
    for (const answer of answers) {
      if (!Array.isArray(answer)) {
        ledger.heard(answer);
        continue;
      }
      const entry = ledger.delivered(`${answer[0]}`, `${answer[1]}`, sentAt);
      if (!entry) continue;
      const treatment = this.#treatment(random);
      treated.set(treatment, [...treated.get(treatment) ?? [], entry]);
    }
    if (!this.#draining.signal.aborted && random.chance(0.005)) return client.close();
    for (const { id } of treated.get("give back") ?? []) {
      ledger.heard(
        await client.one(...STRICT_QUEUES.includes(queue) ? ["QNACK", queue, id] : ["QACK", queue, id, "REDO"]),
      );
    }
    const acknowledge = (entries: Entry[]) =>
      settling.send(client, entries.map((entry) => [entry, ["QACK", queue, entry.id]]));
    await acknowledge(treated.get("acknowledge") ?? []);
    const late = treated.get("be late") ?? [];
    if (late.length === 0) return;
    await sleep((LEASE_SECONDS + random.next()) * 1000);
    await acknowledge(late);
  }

  #treatment(random: Random): Treatment {
    const number = random.next();
    if (this.#draining.signal.aborted || number < 0.93) return "acknowledge";
    if (number < 0.96) return "forget";
    return number < 0.999 ? "give back" : "be late";
  }

  /** Waits until an instance says that all queues are empty. */
  async #runEmpty(): Promise<Map<string, number>> {
    const { queues } = this.#options;
    const end = performance.now() + DRAIN_MS;
    let left = new Map([["all queues", NaN]]);
    for (let i = 0; left.size > 0 && performance.now() < end; i++) {
      await sleep(100);
      await using client = await Client.insist(this.#addr(i, 0), AbortSignal.timeout(1000));
      const rows = await client?.one("QSTATS", ...queues, ...DEAD_QUEUES);
      if (!Array.isArray(rows)) continue;
      const totals = rows.map((row) => [String((row as unknown[])[0]), Number((row as unknown[])[1])] as const);
      left = new Map(totals.filter(([, total]) => total > 0));
    }
    return left;
  }
}
