/**
 * Clients that behave well.
 *
 * @module
 */
import { delay } from "../../core/util/async.ts";
import { expect, MIB, type Pipeline, QUEUES, type SessionContext, withPipeline, type Workload } from "./workload.ts";

const PIPELINE = 16;
const ROUNDS = 100;
/** Producers pause at this length of a queue. */
const MAX_BACKLOG = 1000;

/** Pushes events, most of them small, unless the queue is long. */
const producer: Workload = {
  name: "producer",
  clients: 3,
  session: (context) =>
    withPipeline(context, async (send) => {
      const { random, signal } = context;
      for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
        const queue = random.pick(QUEUES);
        const [stats] = await send(["QSTATS", queue]);
        const [[, total]] = stats as unknown as [[string, number]];
        if (total < MAX_BACKLOG) {
          const pushes = Array.from({ length: PIPELINE }, () => pushCommand(context, queue));
          for (const answer of await send(...pushes)) expect(answer, "+OK", /^-ERR too busy/);
        }
        await delay(random.between(1, 20), signal);
      }
    }),
};

function pushCommand({ random, unique }: SessionContext, queue: string): string[] {
  const size = random.chance(0.9) ? 100 : random.chance(0.8) ? 10_000 : 100_000;
  const command = [random.chance(0.1) ? "QRPUSH" : "QLPUSH", queue, unique(), "c".repeat(size)];
  return random.chance(0.1) ? [...command, "NOBLOCK"] : command;
}

/** Acknowledges most events; forgets some, whose leases end, and gives some back. */
const consumer: Workload = {
  name: "consumer",
  clients: 4,
  session: (context) =>
    withPipeline(context, async (send) => {
      expect((await send(["QREGISTER", ...QUEUES]))[0], "+OK");
      for (let round = 0; round < ROUNDS && !context.signal.aborted; round++) {
        const [queue] = await send(["QNOTIFY", "1"]);
        if (queue !== null) await consume(send, `${queue}`, context);
      }
    }),
};

async function consume(send: Pipeline, queue: string, { random }: SessionContext): Promise<void> {
  const events = await send(...Array.from({ length: PIPELINE }, () => ["QRPOP", queue, "EX", "2"]));
  const ids = events.filter((event) => Array.isArray(event)).map((event) => `${(event as unknown[])[0]}`);
  const commands = ids.filter(() => random.chance(0.95)).map((id) =>
    random.chance(0.05) ? ["QACK", queue, id, "REDO"] : ["QACK", queue, id]
  );
  for (const answer of commands.length > 0 ? await send(...commands) : []) expect(answer, 1, 0);
}

/** Passes events of several MiB. */
const largeEvents: Workload = {
  name: "large events",
  clients: 1,
  session: (context) =>
    withPipeline(context, async (send) => {
      const { random, unique, signal } = context;
      for (let round = 0; round < 10 && !signal.aborted; round++) {
        const id = unique();
        const size = random.between(1, 6) * MIB;
        expect((await send(["QLPUSH", "big", id, "b".repeat(size)]))[0], "+OK");
        const [, event] = await send(["QRPEEK", "big"], ["QRPOP", "big", "EX", "30"]) as [unknown, [string, string]];
        if (event[0] !== id || event[1].length !== size) throw new Error(`Event ${id} was delivered incomplete`);
        expect((await send(["QACK", "big", id]))[0], 1);
        await delay(random.between(100, 600), signal);
      }
    }),
};

const flusher: Workload = {
  name: "flusher",
  clients: 1,
  session: (context) =>
    withPipeline(context, async (send) => {
      const { unique, signal, random } = context;
      for (let i = 0; i < 10; i++) {
        await send(...Array.from({ length: 300 }, () => ["QLPUSH", "flushed", unique(), "c".repeat(400)]));
      }
      await send(...Array.from({ length: 100 }, () => ["QRPOP", "flushed", "EX", "1"]));
      expect((await send(["QFLUSH", "flushed"]))[0], "+OK");
      await delay(random.between(1000, 3000), signal);
    }),
};

/** Sends every command that reports something. */
const inspector: Workload = {
  name: "inspector",
  clients: 1,
  session: (context) =>
    withPipeline(context, async (send) => {
      const answers = await send(["QSTATUS"], ["QINFO"], ["QSTATS"], ["INFO"], ["CLIENT", "LIST"], ["COMMAND", "DOCS"]);
      for (const answer of answers) expect(answer, /^(?!-)/);
      await delay(300, context.signal);
    }),
};

export const WORKLOADS: readonly Workload[] = [producer, consumer, largeEvents, flusher, inspector];
