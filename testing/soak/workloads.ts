/**
 * Who makes the load of a soak: those who do as they should.
 *
 * @module
 */
import { type Actor, type Ask, expect, QUEUES, rest, session, type Stage } from "./workload.ts";

/** Commands sent without waiting in between. */
const AT_ONCE = 16;
/** Rounds of a session. */
const ROUNDS = 100;
/** Events on a queue beyond which nothing is pushed for now. */
const MAX_BACKLOG = 1000;
const MIB = 1024 * 1024;

/** Pushes events, most of them small, as long as the queue is not full. */
const producer: Actor = {
  name: "producer",
  count: 3,
  play: (stage) =>
    session(stage, async (ask) => {
      const { random, signal } = stage;
      for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
        const queue = random.pick(QUEUES);
        const [stats] = await ask(["QSTATS", queue]);
        const [[, total]] = stats as unknown as [[string, number]];
        if (total < MAX_BACKLOG) {
          const pushes = Array.from({ length: AT_ONCE }, () => push(stage, queue));
          for (const answer of await ask(...pushes)) expect(answer, "+OK", /^-ERR too busy/);
        }
        await rest(random.between(1, 20), signal);
      }
    }),
};

function push({ random, unique }: Stage, queue: string): string[] {
  const size = random.chance(0.9) ? 100 : random.chance(0.8) ? 10_000 : 100_000;
  const words = [random.chance(0.1) ? "QRPUSH" : "QLPUSH", queue, unique(), "c".repeat(size)];
  return random.chance(0.1) ? [...words, "NOBLOCK"] : words;
}

/** Waits, takes and acknowledges; forgets some, whose leases end, and gives some back. */
const consumer: Actor = {
  name: "consumer",
  count: 4,
  play: (stage) =>
    session(stage, async (ask) => {
      const { signal } = stage;
      expect((await ask(["QREGISTER", ...QUEUES]))[0], "+OK");
      for (let round = 0; round < ROUNDS && !signal.aborted; round++) {
        const [queue] = await ask(["QNOTIFY", "1"]);
        if (queue !== null) await consume(ask, `${queue}`, stage);
      }
    }),
};

async function consume(ask: Ask, queue: string, { random }: Stage): Promise<void> {
  const events = await ask(...Array.from({ length: AT_ONCE }, () => ["QRPOP", queue, "EX", "2"]));
  const ids = events.filter((event) => Array.isArray(event)).map((event) => `${(event as unknown[])[0]}`);
  const settled = ids.filter(() => random.chance(0.95)).map((id) =>
    random.chance(0.05) ? ["QACK", queue, id, "REDO"] : ["QACK", queue, id]
  );
  for (const answer of settled.length > 0 ? await ask(...settled) : []) expect(answer, 1, 0);
}

/** Moves events of some MiB. */
const hauler: Actor = {
  name: "hauler",
  count: 1,
  play: (stage) =>
    session(stage, async (ask) => {
      const { random, unique, signal } = stage;
      for (let round = 0; round < 10 && !signal.aborted; round++) {
        const id = unique();
        const size = random.between(1, 6) * MIB;
        expect((await ask(["QLPUSH", "big", id, "b".repeat(size)]))[0], "+OK");
        const [, event] = await ask(["QRPEEK", "big"], ["QRPOP", "big", "EX", "30"]) as [unknown, [string, string]];
        if (event[0] !== id || event[1].length !== size) throw new Error(`Event ${id} did not come back whole`);
        expect((await ask(["QACK", "big", id]))[0], 1);
        await rest(random.between(100, 600), signal);
      }
    }),
};

/** Fills a queue and empties it at once. */
const flusher: Actor = {
  name: "flusher",
  count: 1,
  play: (stage) =>
    session(stage, async (ask) => {
      const { unique, signal, random } = stage;
      for (let i = 0; i < 10; i++) {
        await ask(...Array.from({ length: 300 }, () => ["QLPUSH", "flushed", unique(), "c".repeat(400)]));
      }
      await ask(...Array.from({ length: 100 }, () => ["QRPOP", "flushed", "EX", "1"]));
      expect((await ask(["QFLUSH", "flushed"]))[0], "+OK");
      await rest(random.between(1000, 3000), signal);
    }),
};

/** Looks at everything. */
const inspector: Actor = {
  name: "inspector",
  count: 1,
  play: (stage) =>
    session(stage, async (ask) => {
      const answers = await ask(["QSTATUS"], ["QINFO"], ["QSTATS"], ["INFO"], ["CLIENT", "LIST"], ["COMMAND", "DOCS"]);
      for (const answer of answers) expect(answer, /^(?!-)/);
      await rest(300, stage.signal);
    }),
};

/** Those who behave. */
export const ACTORS: readonly Actor[] = [producer, consumer, hauler, flusher, inspector];
