/**
 * A consumer that uses QCLAIM on all queues, held or leased. It lets deliveries fail, extends leases, and consumes or
 * replays dead letters.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import type { Addr } from "../../../tests/support/wire.ts";
import { Client } from "../../client.ts";
import type { Random } from "../../random.ts";
import { Acknowledger, PAUSE_MS } from "./acknowledger.ts";
import type { Delivery, Ledger, Request } from "../ledger.ts";
import { DEAD_QUEUES, LEASE_SECONDS, LIMITED_QUEUE, ORDERED_QUEUES, STRICT_QUEUES } from "../queues.ts";

const BATCH = 16;
/** Events whose ids end like this fail most of the time. */
const POISON_SUFFIX = "7";

export interface ClaimConsumerOptions {
  ledger: Ledger;
  queues: readonly string[];
  random: Random;
  signal: AbortSignal;
  /** From its abort on everything is acknowledged. */
  draining: AbortSignal;
}

export class ClaimConsumer {
  readonly #options: ClaimConsumerOptions;
  readonly #acknowledger: Acknowledger;

  constructor(options: ClaimConsumerOptions) {
    this.#options = options;
    this.#acknowledger = new Acknowledger(options.ledger);
  }

  /** @param addr the instance for a connection attempt, by its number */
  async run(addr: (attempt: number) => () => Addr): Promise<void> {
    const { ledger, signal, random, draining } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      await using client = await Client.connectWithRetry(addr(attempt), signal);
      while (client && !client.broken && !signal.aborted) {
        await this.#acknowledger.retry(client);
        if (!draining.aborted && random.chance(0.05)) await this.#replay(client);
        const request = { sentAt: performance.now() };
        const [hold, block] = [random.chance(0.5), random.chance(0.5)];
        const answer = await client.command(...this.#claimCommand(hold, block));
        if (Array.isArray(answer)) await this.#process(client, answer as unknown[][], request, hold);
        else {
          ledger.replied(answer);
          if (answer !== null || !block) await delay(PAUSE_MS);
        }
      }
    }
  }

  #claimCommand(hold: boolean, block: boolean): string[] {
    const { random, draining } = this.#options;
    const queues = this.#options.queues.filter((queue) => {
      return !(block && ORDERED_QUEUES.includes(queue)) && !(hold && queue === LIMITED_QUEUE);
    });
    const first = random.between(0, queues.length - 1); // in a fixed order the last queue would starve
    const order = [...queues.slice(first), ...queues.slice(0, first), ...DEAD_QUEUES];
    const lease = hold ? ["HOLD"] : ["EX", `${LEASE_SECONDS}`];
    const wait = block ? ["BLOCK", draining.aborted ? "0.2" : "1"] : [];
    return ["QCLAIM", "COUNT", `${BATCH}`, ...lease, ...wait, "QUEUES", ...order];
  }

  async #process(client: Client, rows: unknown[][], request: Request, hold: boolean): Promise<void> {
    const { ledger, random, draining } = this.#options;
    const deliveries = rows.flatMap((row) => ledger.claimed(row, request) ?? []);
    const drain = draining.aborted;
    if (!drain && random.chance(0.01)) return client.close(); // with unacknowledged events
    const failed = drain ? [] : deliveries.filter(({ id }) => random.chance(id.endsWith(POISON_SUFFIX) ? 0.8 : 0.05));
    const processed = deliveries.filter((delivery) => !failed.includes(delivery));
    for (const delivery of failed) await this.#fail(client, delivery, hold);
    if (!drain && random.chance(0.02)) {
      for (const { queue, id, receipt } of processed) {
        ledger.replied(await client.command("QTOUCH", queue, id, "EX", `${2 * LEASE_SECONDS}`, "RECEIPT", receipt));
      }
      await delay((LEASE_SECONDS + random.next()) * 1000);
    }
    await this.#acknowledger.send(
      client,
      processed.map(({ entry, queue, id, receipt }) => [entry, ["QACK", queue, id, "RECEIPT", receipt]]),
    );
  }

  /** Gives an event back, at once or delayed, or lets its lease end. */
  async #fail(client: Client, { entry, queue, id, receipt }: Delivery, hold: boolean): Promise<void> {
    const { ledger, random } = this.#options;
    if (!hold && random.chance(0.2)) return;
    ledger.settling(entry);
    const delayed = random.chance(0.5) ? ["DELAY", random.chance(0.5) ? "0" : "0.3"] : [];
    const answer = await client.command("QNACK", queue, id, "RECEIPT", receipt, "REASON", "chance", ...delayed);
    ledger.replied(answer);
    // Without a QNACK a held event stays leased for as long as the connection lasts.
    if (hold && typeof answer !== "number") client.close();
  }

  async #replay(client: Client): Promise<void> {
    const { ledger, random } = this.#options;
    const i = random.between(0, STRICT_QUEUES.length - 1);
    ledger.replied(await client.command("QMOVE", DEAD_QUEUES[i], STRICT_QUEUES[i], "COUNT", "8"));
  }
}
