/**
 * Where the actors of a soak play.
 *
 * @module
 */
import { type Answer, Client } from "../client.ts";
import type { Random } from "../random.ts";
import { type Addr, connect, type Wire } from "../../tests/support/wire.ts";

/** What an actor has to work with. */
export interface Stage {
  /** Where okq listens. */
  addr: Addr;
  /** Chooses. */
  random: Random;
  /** The soak is over. */
  signal: AbortSignal;
  /** A name that no other has. */
  unique(): string;
}

/** Somebody who uses okq in a way of their own. */
export interface Actor {
  /** Who it is. */
  name: string;
  /** How many there are. */
  count: number;
  /**
   * One session, with connections of its own; there is another when it is over.
   * @throws if okq does not answer as it should
   */
  play(stage: Stage): Promise<void>;
}

/** Queues that producers and consumers share. */
export const QUEUES: readonly string[] = ["jobs", "mails", "images", "imports"];

/** A connection whose every command must be answered. */
export async function session(stage: Stage, play: (ask: Ask) => Promise<void>): Promise<void> {
  await using client = await Client.connect(stage.addr);
  await play(async (...commands) => {
    const answers = await client.ask(commands);
    const missing = answers.indexOf(undefined);
    if (missing >= 0) throw new Error(`No answer to ${commands[missing].join(" ").slice(0, 80)}`);
    return answers;
  });
}

/** Sends commands without waiting in between. */
export type Ask = (...commands: string[][]) => Promise<Answer[]>;

/** A connection for those who behave badly. */
export async function rudely(stage: Stage, play: (wire: Wire) => Promise<void>): Promise<void> {
  await using wire = await connect(stage.addr);
  await play(wire);
}

/** @throws {Error} if an answer is not one of these */
export function expect(answer: Answer, ...allowed: (Answer | RegExp)[]): void {
  const fits = allowed.some((one) => one instanceof RegExp ? one.test(`${answer}`) : one === answer);
  if (!fits) throw new Error(`Unexpected answer: ${JSON.stringify(answer)?.slice(0, 200)}`);
}

/** Waits, but not beyond the end. */
export function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
