/**
 * Writes errors of a consumer to the console, a line each. Those that repeat are counted, and written as one line.
 *
 *     first ──▶ written ──▶ repeated ones counted ──▶ written with their number after 10 s, 20 s, 40 s, …
 *
 * @module
 */
import { OkqError } from "../../errors.ts";
import type { Delivery } from "../../event.ts";
import { unref } from "../runtime.ts";

/** How long repeated lines are counted at first, and at most. */
const FIRST_MS = 10_000;
const MAX_MS = 600_000;

/** Up to this attempt failures of different attempts count as different lines, so that those of an event come in order. */
const SEPARATE_ATTEMPTS = 5;

/** A line that may repeat. */
interface Repeated {
  count: number;
  /** The last one that was not written. */
  last: string;
  timer: ReturnType<typeof setTimeout>;
}

export class ErrorLog {
  readonly #repeated = new Map<string, Repeated>(); // by what they have in common
  readonly #write: (line: string) => void;
  #closed = false;

  // deno-lint-ignore no-console -- the program gave no other way to report errors
  constructor(write: (line: string) => void = (line) => console.error(line)) {
    this.#write = write;
  }

  /** Of a connection, or of settling an event. */
  error(error: unknown, event?: Delivery<unknown>): void {
    const message = describe(error);
    this.#add(event ? `${event.queue} ${message}` : message, event ? `${nameOf(event)}: ${message}` : message);
  }

  /** What a handler threw. The line waits until it is known what became of the event. */
  async failure(error: unknown, event: Delivery<unknown>): Promise<void> {
    const message = describe(error);
    const fate = await fateOf(event);
    const line = `${nameOf(event)} failed at attempt ${event.attempt}: ${message}; ${fate}`;
    this.#add(`${event.queue} ${message} ${fate === DIED} ${Math.min(event.attempt, SEPARATE_ATTEMPTS)}`, line);
  }

  reconnected(address: string): void {
    this.#flush();
    this.#write(`okq consumer: connected again to okq at ${address}`);
  }

  /** Writes what was counted. Later lines are written at once. */
  close(): void {
    this.#closed = true;
    this.#flush();
  }

  /** @param key equal for lines that are to be counted as one */
  #add(key: string, line: string): void {
    const repeated = this.#repeated.get(key);
    if (repeated) {
      repeated.count++;
      repeated.last = line;
      return;
    }
    this.#write(`okq consumer: ${line}`);
    if (!this.#closed) this.#repeated.set(key, { count: 0, last: "", timer: this.#later(key, FIRST_MS) });
  }

  #later(key: string, ms: number): ReturnType<typeof setTimeout> {
    const end = () => {
      const repeated = this.#repeated.get(key)!;
      if (repeated.count === 0) return this.#repeated.delete(key);
      this.#writeCount(repeated);
      const next = Math.min(2 * ms, MAX_MS);
      this.#repeated.set(key, { count: 0, last: "", timer: this.#later(key, next) });
    };
    return unref(setTimeout(end, ms));
  }

  #flush(): void {
    for (const repeated of this.#repeated.values()) {
      clearTimeout(repeated.timer);
      if (repeated.count > 0) this.#writeCount(repeated);
    }
    this.#repeated.clear();
  }

  #writeCount({ count, last }: Repeated): void {
    this.#write(`okq consumer: ${last}${count > 1 ? ` (${count} such errors)` : ""}`);
  }
}

const DIED = "it went to the dead queue";

function nameOf({ id, queue }: Delivery<unknown>): string {
  return `event ${JSON.stringify(id)} of queue ${JSON.stringify(queue)}`;
}

async function fateOf({ settlement }: Delivery<unknown>): Promise<string> {
  try {
    const outcome = await settlement?.outcome;
    if (outcome === "dead") return DIED;
    if (!settlement || !outcome) return "its lease had ended, so it comes or came again";
  } catch {
    return "it comes again when its lease ends";
  }
  const { by } = settlement;
  if (by === "ack") return "it had been acknowledged";
  if (by === "redo" || by.delayMs === 0) return "it comes again at once";
  if (by.delayMs === undefined) return "it comes again after the backoff of its queue";
  return `it comes again in ${
    by.delayMs < 1000 ? `${Math.round(by.delayMs)} ms` : `${(by.delayMs / 1000).toFixed(1)} s`
  }`;
}

/** In one line: the message and, unless it is an error of okq, where it was thrown. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const message = error instanceof OkqError || error.name === "Error"
    ? error.message
    : `${error.name}: ${error.message}`;
  const frame = error instanceof OkqError ? undefined : /^\s+at (.+)$/m.exec(error.stack ?? "")?.[1];
  return oneLine(message || error.name) + (frame ? ` (at ${frame})` : "");
}

function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- these could move the cursor of a terminal
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim();
}
