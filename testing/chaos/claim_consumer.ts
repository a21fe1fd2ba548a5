/**
 * A consumer that claims: from all queues at once, held or leased, with receipts. It lets deliveries fail, prolongs some,
 * and takes care of dead letters, of which it replays a part.
 *
 * @module
 */
import type { Addr } from "../../tests/support/wire.ts";
import { Client, sleep } from "../client.ts";
import type { Delivery, Ledger } from "./ledger.ts";
import { DEAD_QUEUES, STRICT_QUEUES } from "./policies.ts";
import type { Random } from "../random.ts";
import { REFUSED_PAUSE_MS, Settling } from "./acknowledger.ts";

/** Events taken at once. */
const AT_ONCE = 8;
/** How long events are leased, in seconds. */
const LEASE_SECONDS = 1;
/** The end of the ids of events that mostly fail. */
const POISON = "7";

/** What a consumer needs to know. */
export interface ClaimingOptions {
  /** What is written down. */
  ledger: Ledger;
  /** The queues in use. */
  queues: readonly string[];
  /** Chooses what happens. */
  random: Random;
  /** Ends it. */
  signal: AbortSignal;
  /** From then on everything is acknowledged. */
  draining: AbortSignal;
}

/** Claims until its signal is aborted. */
export class Claiming {
  readonly #options: ClaimingOptions;
  readonly #settling: Settling;

  constructor(options: ClaimingOptions) {
    this.#options = options;
    this.#settling = new Settling(options.ledger);
  }

  /** @param addr where to connect to, by how often it has been tried */
  async run(addr: (attempt: number) => () => Addr): Promise<void> {
    const { ledger, signal, random, draining } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      await using client = await Client.insist(addr(attempt), signal);
      while (client && !client.broken && !signal.aborted) {
        await this.#settling.repeat(client);
        if (!draining.aborted && random.chance(0.05)) await this.#replay(client);
        const sentAt = performance.now();
        const hold = random.chance(0.5);
        const answer = await client.one(...this.#claim(hold));
        if (Array.isArray(answer)) await this.#work(client, answer as unknown[][], sentAt, hold);
        else {
          ledger.heard(answer);
          if (answer !== null) await sleep(REFUSED_PAUSE_MS);
        }
      }
    }
  }

  #claim(hold: boolean): string[] {
    const { queues, random, draining } = this.#options;
    const from = random.between(0, queues.length - 1); // otherwise the last would starve
    const order = [...queues.slice(from), ...queues.slice(0, from), ...DEAD_QUEUES];
    const lease = hold ? ["HOLD"] : ["EX", `${LEASE_SECONDS}`];
    return ["QCLAIM", "COUNT", `${AT_ONCE}`, ...lease, "BLOCK", draining.aborted ? "0.2" : "1", "QUEUES", ...order];
  }

  async #work(client: Client, rows: unknown[][], sentAt: number, hold: boolean): Promise<void> {
    const { ledger, random, draining } = this.#options;
    const deliveries = rows.flatMap((row) => ledger.claimed(row, sentAt) ?? []);
    const calm = draining.aborted;
    if (!calm && random.chance(0.01)) return client.close(); // with its hands full
    const failed = calm ? [] : deliveries.filter(({ id }) => random.chance(id.endsWith(POISON) ? 0.8 : 0.05));
    const rest = deliveries.filter((delivery) => !failed.includes(delivery));
    for (const delivery of failed) await this.#fail(client, delivery, hold);
    if (!calm && random.chance(0.02)) {
      for (const { queue, id, receipt } of rest) {
        ledger.heard(await client.one("QTOUCH", queue, id, "EX", `${2 * LEASE_SECONDS}`, "RECEIPT", receipt));
      }
      await sleep((LEASE_SECONDS + random.next()) * 1000);
    }
    await this.#settling.send(
      client,
      rest.map(({ entry, queue, id, receipt }) => [entry, ["QACK", queue, id, "RECEIPT", receipt]]),
    );
  }

  /** Some are given back at once, some for later, and of some nothing is heard until their leases end. */
  async #fail(client: Client, { queue, id, receipt }: Delivery, hold: boolean): Promise<void> {
    const { ledger, random } = this.#options;
    if (!hold && random.chance(0.2)) return;
    const delay = random.chance(0.5) ? ["DELAY", random.chance(0.5) ? "0" : "0.3"] : [];
    const answer = await client.one("QNACK", queue, id, "RECEIPT", receipt, "REASON", "chance", ...delay);
    ledger.heard(answer);
    if (hold && typeof answer !== "number") client.close(); // otherwise it would be held for as long as this lasts
  }

  async #replay(client: Client): Promise<void> {
    const { ledger, random } = this.#options;
    const place = random.between(0, STRICT_QUEUES.length - 1);
    ledger.heard(await client.one("QMOVE", DEAD_QUEUES[place], STRICT_QUEUES[place], "COUNT", "8"));
  }
}
