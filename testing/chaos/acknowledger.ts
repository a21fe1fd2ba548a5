/**
 * The acknowledgements of one consumer, each repeated until it has a clear answer.
 *
 * @module
 */
import { type Client, outcomeOf, sleep } from "../client.ts";
import type { Entry, Ledger } from "./ledger.ts";

/** Pause after a refusal, in milliseconds. */
export const REFUSED_PAUSE_MS = 50;

/** An event, and the command that acknowledges it. */
export type Acknowledgement = [entry: Entry, command: string[]];

/** Acknowledges. */
export class Settling {
  readonly #ledger: Ledger;
  readonly #owed = new Map<Entry, string[]>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Sends again what has had no clear answer yet. */
  async repeat(client: Client): Promise<void> {
    await this.send(client, [...this.#owed]);
  }

  /** Sends acknowledgements and writes down their answers. */
  async send(client: Client, acknowledgements: Acknowledgement[]): Promise<void> {
    if (acknowledgements.length === 0) return;
    const sentAt = performance.now();
    const answers = await client.ask(acknowledgements.map(([, command]) => command));
    let refused = false;
    for (const [i, [entry, command]] of acknowledgements.entries()) {
      if (this.#ledger.acked(entry, sentAt, answers[i])) {
        this.#owed.delete(entry);
        continue;
      }
      this.#owed.set(entry, command);
      refused ||= outcomeOf(answers[i]) !== "unknown";
    }
    if (refused) await sleep(REFUSED_PAUSE_MS);
  }
}
