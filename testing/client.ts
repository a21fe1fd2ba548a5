/**
 * A client of okq that never hides whether an answer came.
 *
 * @module
 */
import { type Addr, connect, type Shown, type Wire } from "../tests/support/wire.ts";

/** How long a reply may take before the client gives the connection up, in milliseconds. */
const PATIENCE_MS = 15_000;
/** Pause before another attempt to connect, in milliseconds. */
const RECONNECT_MS = 50;

/** A reply, or undefined if none came: then nobody knows what was done. */
export type Answer = Shown | undefined;

/** One connection. Once it has broken, it stays so. */
export class Client implements AsyncDisposable {
  /** Whether it has broken. */
  broken = false;
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Connects. */
  static async connect(addr: Addr): Promise<Client> {
    return new Client(await connect(addr));
  }

  /** Connects, again and again until it is possible. */
  static async insist(addr: () => Addr, signal: AbortSignal): Promise<Client | undefined> {
    while (!signal.aborted) {
      try {
        return await Client.connect(addr());
      } catch {
        await sleep(RECONNECT_MS);
      }
    }
  }

  /** Sends commands without waiting in between. */
  async ask(commands: string[][], patienceMs = PATIENCE_MS): Promise<Answer[]> {
    const answers: Answer[] = commands.map(() => undefined);
    const giveUp = setTimeout(() => this.close(), patienceMs);
    try {
      for (const command of commands) await this.#wire.send(...command);
      for (let i = 0; i < commands.length; i++) answers[i] = await this.#wire.shown();
    } catch {
      this.close(); // what has no answer by now gets none
    } finally {
      clearTimeout(giveUp);
    }
    return answers;
  }

  /** Sends one command. */
  async one(...command: string[]): Promise<Answer> {
    return (await this.ask([command]))[0];
  }

  /** Hangs up. */
  close(): void {
    this.broken = true;
    this.#wire.close();
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.broken = true;
    await this.#wire[Symbol.asyncDispose]();
  }
}

/** What an answer of a command that changes something means. */
export type Outcome = "done" | "nothing done" | "unknown" | "unexpected";

/** Tells refusals from answers: an answer that is no error is "done". */
export function outcomeOf(answer: Answer): Outcome {
  if (answer === undefined) return "unknown";
  if (typeof answer !== "string" || !answer.startsWith("-")) return "done";
  if (answer.startsWith("-UNAVAILABLE Nothing was done: ")) return "nothing done";
  return answer.startsWith("-UNAVAILABLE The outcome is unknown: ") ? "unknown" : "unexpected";
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
