/**
 * Types and helpers of the workloads.
 *
 * @module
 */
import { type Addr, connect, type Wire } from "../../tests/support/wire.ts";
import { type Answer, Client } from "../client.ts";
import type { Random } from "../random.ts";

/** What a session works with. */
export interface SessionContext {
  addr: Addr;
  random: Random;
  /** Aborts when the soak ends. */
  signal: AbortSignal;
  unique(): string;
}

export interface Workload {
  name: string;
  /** The clients run sessions one after the other. */
  clients: number;
  /** @throws if okq answers wrongly */
  session(context: SessionContext): Promise<void>;
}

export const QUEUES: readonly string[] = ["jobs", "mails", "images", "imports"];

export const MIB = 1024 * 1024;

/** @throws {Error} unless each command is answered */
export type Pipeline = (...commands: string[][]) => Promise<Answer[]>;

/** Every command must be answered. */
export async function withPipeline({ addr }: SessionContext, body: (send: Pipeline) => Promise<void>): Promise<void> {
  await using client = await Client.connect(addr);
  await body(async (...commands) => {
    const answers = await client.pipeline(commands);
    const missing = answers.indexOf(undefined);
    if (missing >= 0) throw new Error(`No reply to ${commands[missing].join(" ").slice(0, 80)}`);
    return answers;
  });
}

export async function withWire({ addr }: SessionContext, body: (wire: Wire) => Promise<void>): Promise<void> {
  await using wire = await connect(addr);
  await body(wire);
}

/** @throws {Error} unless the answer equals or matches one of these */
export function expect(answer: Answer, ...allowed: (Answer | RegExp)[]): void {
  const matches = allowed.some((one) => one instanceof RegExp ? one.test(`${answer}`) : one === answer);
  if (!matches) throw new Error(`Unexpected reply: ${JSON.stringify(answer)?.slice(0, 200)}`);
}
