/**
 * A crowd on few queues and few ids, with leases that end while others push, pop, acknowledge and give back. Nobody knows
 * the order; but for each event what was put in must be what came out.
 *
 * @module
 */
import { assert, fc } from "../../../tests/deps.ts";
import type { Shown } from "../../../tests/support/wire.ts";
import type { Drive } from "../property.ts";

const IDS = 8;
const QUEUES = 2;

/** What somebody does next; ids and queues are numbers. */
interface Deed {
  what: keyof typeof DEEDS;
  queue: number;
  id: number;
}

/** What became of an id in a queue. */
interface Account {
  pushed: number;
  /** Popped for good. */
  taken: number;
  /** Popped with a lease. */
  leased: number;
  acked: number;
  given: number;
}

type Accounts = Map<string, Account>;

/** How each deed is written, and which figure of the account it may change. */
const DEEDS = {
  "push left": { words: (queue: string, id: string) => ["QLPUSH", queue, id, `of ${id}`], counts: "pushed" },
  "push right": { words: (queue: string, id: string) => ["QRPUSH", queue, id, `of ${id}`], counts: "pushed" },
  "take": { words: (queue: string) => ["QRPOP", queue, "NOACK"], counts: "taken" },
  "lease": { words: (queue: string) => ["QRPOP", queue], counts: "leased" },
  "lease shortly": { words: (queue: string) => ["QRPOP", queue, "EX", "0.02"], counts: "leased" },
  "acknowledge": { words: (queue: string, id: string) => ["QACK", queue, id], counts: "acked" },
  "give back": { words: (queue: string, id: string) => ["QACK", queue, id, "REDO"], counts: "given" },
} as const;

const deed: fc.Arbitrary<Deed> = fc.record({
  what: fc.constantFrom(...Object.keys(DEEDS) as (keyof typeof DEEDS)[]),
  queue: fc.nat({ max: QUEUES - 1 }),
  id: fc.nat({ max: IDS - 1 }),
});

/** The drive. */
export const crowd: Drive<Deed[][][]> = {
  name: "crowd",
  about: "that what was put in is what came out, when leases end in a crowd",
  runs: 10,
  plan: fc.array(fc.array(fc.array(deed, { minLength: 1, maxLength: 20 }), { maxLength: 10 }), {
    minLength: 2,
    maxLength: 8,
  }),
  async run(people, target, name) {
    const accounts: Accounts = new Map();
    const queueOf = (number: number) => `${name}${number}`;
    const accountOf = (queue: string, id: string) => {
      const key = `${queue} ${id}`;
      if (!accounts.has(key)) accounts.set(key, { pushed: 0, taken: 0, leased: 0, acked: 0, given: 0 });
      return accounts.get(key)!;
    };
    await Promise.all(people.map(async (pipelines, number) => {
      await using wire = await target.connect(number);
      for (const deeds of pipelines) {
        for (const { what, queue, id } of deeds) await wire.send(...DEEDS[what].words(queueOf(queue), `${id}`));
        for (const { what, queue, id } of deeds) {
          const { counts } = DEEDS[what];
          const found = outcome(await wire.shown(), `${id}`);
          if (found !== undefined) accountOf(queueOf(queue), found)[counts]++;
        }
      }
    }));
    await using wire = await target.connect(0);
    for (let queue = 0; queue < QUEUES; queue++) {
      for (let id = 0; id < IDS; id++) {
        const account = accountOf(queueOf(queue), `${id}`);
        const left = await wire.command("QACK", queueOf(queue), `${id}`);
        settle(account, Number(left), `${id} of queue ${queue}`);
      }
    }
    for (let queue = 0; queue < QUEUES; queue++) {
      const status = `${queueOf(queue)} total: 0 processing: 0 consumers: 0`;
      assert.deepEqual(await wire.command("QSTATUS", queueOf(queue)), [status]);
    }
  },
};

/** The id that something was done to, if anything was done. */
function outcome(reply: Shown, id: string): string | undefined {
  if (reply === "+OK" || reply === 1) return id;
  if (reply === 0 || reply === null || reply === `-ERR duplicate event ${id}`) return undefined;
  if (Array.isArray(reply) && reply.length === 2 && reply[1] === `of ${reply[0]}`) return `${reply[0]}`;
  throw new Error(`Unexpected reply about ${id}: ${JSON.stringify(reply)}`);
}

function settle({ pushed, taken, leased, acked, given }: Account, left: number, which: string): void {
  assert.equal(taken + acked + left, pushed, `Event ${which}: pushed ${pushed}, gone ${taken + acked}, left ${left}`);
  assert.ok(given <= leased, `Event ${which}: given back ${given} times, and leased ${leased} times`);
}
