/**
 * Acknowledges events for one consumer and repeats each acknowledgement until its outcome is known.
 *
 * @module
 */
import { delay } from "../../../core/util/async.ts";
import { type Client, outcomeOf } from "../../client.ts";
import type { Entry, Ledger } from "../ledger.ts";

/** After an answer that a repetition would not change. */
export const PAUSE_MS = 50;

export type Acknowledgement = [entry: Entry, command: string[]];

export class Acknowledger {
  readonly #ledger: Ledger;
  readonly #pending = new Map<Entry, string[]>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async retry(client: Client): Promise<void> {
    await this.send(client, [...this.#pending]);
  }

  async send(client: Client, acknowledgements: Acknowledgement[]): Promise<void> {
    if (acknowledgements.length === 0) return;
    const sentAt = performance.now();
    const pending = acknowledgements.map(([entry]) => this.#ledger.acking(entry, sentAt));
    const answers = await client.pipeline(acknowledgements.map(([, command]) => command));
    let refused = false;
    for (const [i, [entry, command]] of acknowledgements.entries()) {
      if (this.#ledger.acked(pending[i], answers[i])) {
        this.#pending.delete(entry);
        continue;
      }
      this.#pending.set(entry, command);
      refused ||= outcomeOf(answers[i]) !== "unknown";
    }
    if (refused) await delay(PAUSE_MS);
  }
}
