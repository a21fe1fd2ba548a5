/**
 * Many connections on few queues and few ids, with leases that end meanwhile. For each event the number of pushes must
 * equal that of pops for good, acknowledgements and what is left.
 *
 * @module
 */
import { assert, fc } from "../../../tests/deps.ts";
import type { Shown } from "../../../tests/support/wire.ts";
import type { Property } from "../property.ts";

const IDS = 8;
const QUEUES = 2;

/** Ids and queues are numbers. */
interface Operation {
  what: keyof typeof OPERATIONS;
  queue: number;
  id: number;
}

/** Counts of one id in one queue. */
interface Account {
  pushed: number;
  /** Popped without a lease. */
  taken: number;
  leased: number;
  acked: number;
  returned: number;
}

/** The command of each operation, and the count that it may change. */
const OPERATIONS = {
  "push left": { command: (queue: string, id: string) => ["QLPUSH", queue, id, `of ${id}`], counts: "pushed" },
  "push right": { command: (queue: string, id: string) => ["QRPUSH", queue, id, `of ${id}`], counts: "pushed" },
  "take": { command: (queue: string) => ["QRPOP", queue, "NOACK"], counts: "taken" },
  "lease": { command: (queue: string) => ["QRPOP", queue], counts: "leased" },
  "lease shortly": { command: (queue: string) => ["QRPOP", queue, "EX", "0.02"], counts: "leased" },
  "acknowledge": { command: (queue: string, id: string) => ["QACK", queue, id], counts: "acked" },
  "return": { command: (queue: string, id: string) => ["QACK", queue, id, "REDO"], counts: "returned" },
} as const;

const operation: fc.Arbitrary<Operation> = fc.record({
  what: fc.constantFrom(...Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]),
  queue: fc.nat({ max: QUEUES - 1 }),
  id: fc.nat({ max: IDS - 1 }),
});
const pipelines = fc.array(fc.array(operation, { minLength: 1, maxLength: 20 }), { maxLength: 10 });

export const conservation: Property<Operation[][][]> = {
  name: "conservation",
  about: "every event that is pushed is taken, acknowledged or left, once, while leases end",
  runs: 10,
  input: fc.array(pipelines, { minLength: 2, maxLength: 8 }),
  async run(connections, target, prefix) {
    const accounts = new Map<string, Account>();
    const nameOf = (queue: number) => `${prefix}${queue}`;
    const accountOf = (queue: number, id: string) => {
      const key = `${queue} ${id}`;
      if (!accounts.has(key)) accounts.set(key, { pushed: 0, taken: 0, leased: 0, acked: 0, returned: 0 });
      return accounts.get(key)!;
    };
    await Promise.all(connections.map(async (pipelines, number) => {
      await using wire = await target.connect(number);
      for (const operations of pipelines) {
        for (const { what, queue, id } of operations) {
          await wire.send(...OPERATIONS[what].command(nameOf(queue), `${id}`));
        }
        for (const { what, queue, id } of operations) {
          const affected = affectedId(await wire.shown(), `${id}`);
          if (affected !== undefined) accountOf(queue, affected)[OPERATIONS[what].counts]++;
        }
      }
    }));
    await using wire = await target.connect(0);
    for (let queue = 0; queue < QUEUES; queue++) {
      for (let id = 0; id < IDS; id++) {
        const left = Number(await wire.command("QACK", nameOf(queue), `${id}`));
        const { pushed, taken, leased, acked, returned } = accountOf(queue, `${id}`);
        const event = `event ${id} of queue ${queue}`;
        assert.equal(
          taken + acked + left,
          pushed,
          `${event}: pushed ${pushed}, consumed ${taken + acked}, left ${left}`,
        );
        assert.ok(returned <= leased, `${event}: returned ${returned} times, leased ${leased} times`);
      }
      const status = `${nameOf(queue)} total: 0 processing: 0 consumers: 0`;
      assert.deepEqual(await wire.command("QSTATUS", nameOf(queue)), [status]);
    }
  },
};

/** The id that an operation changed, if any. */
function affectedId(reply: Shown, id: string): string | undefined {
  if (reply === "+OK" || reply === 1) return id;
  if (reply === 0 || reply === null || reply === `-ERR duplicate event ${id}`) return undefined;
  if (Array.isArray(reply) && reply.length === 2 && reply[1] === `of ${reply[0]}`) return `${reply[0]}`;
  throw new Error(`Unexpected reply about ${id}: ${JSON.stringify(reply)}`);
}
