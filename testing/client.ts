/**
 * A client that reports a missing reply instead of hiding it behind a retry.
 *
 * @module
 */
import { delay } from "../core/util/async.ts";
import { type Addr, connect, type Shown, type Wire } from "../tests/support/wire.ts";

/** A connection without an answer is closed after this time. */
const REPLY_TIMEOUT_MS = 15_000;
const RECONNECT_MS = 50;

/** A reply, or undefined if none arrived: the outcome of the command is unknown. */
export type Answer = Shown | undefined;

/** Does not reconnect. */
export class Client implements AsyncDisposable {
  broken = false;
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** @throws {Error} if the server refuses */
  static async connect(addr: Addr): Promise<Client> {
    return new Client(await connect(addr));
  }

  /** Retries until it succeeds; undefined when the signal aborts. @param addr is read at each attempt */
  static async connectWithRetry(addr: () => Addr, signal: AbortSignal): Promise<Client | undefined> {
    while (!signal.aborted) {
      try {
        return await Client.connect(addr());
      } catch {
        await delay(RECONNECT_MS, signal);
      }
    }
  }

  /** Resolves to an answer for each command. */
  async pipeline(commands: string[][]): Promise<Answer[]> {
    const answers: Answer[] = commands.map(() => undefined);
    const timer = setTimeout(() => this.close(), REPLY_TIMEOUT_MS);
    try {
      for (const command of commands) await this.#wire.send(...command);
      for (let i = 0; i < commands.length; i++) answers[i] = await this.#wire.shown();
    } catch {
      this.close();
    } finally {
      clearTimeout(timer);
    }
    return answers;
  }

  async command(...command: string[]): Promise<Answer> {
    return (await this.pipeline([command]))[0];
  }

  close(): void {
    this.broken = true;
    this.#wire.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.broken = true;
    await this.#wire[Symbol.asyncDispose]();
  }
}

/** What an answer says of a command that changes something. */
export type Outcome = "done" | "nothing done" | "unknown" | "unexpected";

/** "unexpected" is an error that no client should see. */
export function outcomeOf(answer: Answer): Outcome {
  if (answer === undefined) return "unknown";
  if (typeof answer !== "string" || !answer.startsWith("-")) return "done";
  if (answer.startsWith("-UNAVAILABLE Nothing was done: ")) return "nothing done";
  return answer.startsWith("-UNAVAILABLE The outcome is unknown: ") ? "unknown" : "unexpected";
}
