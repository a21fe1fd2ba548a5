/**
 * Several connections at once on the same queues, on Redis through two okq processes. What they send at the same time may
 * be done in any order, but there must be one that explains all replies.
 *
 * @module
 */
import { fc } from "../../../tests/deps.ts";
import { type Call, calls, encode, expected, type Sender } from "../calls.ts";
import { cleanUp, type Drive } from "../property.ts";
import { QUEUES } from "../arguments.ts";
import { type Answered, explain } from "../linearize.ts";
import { Model } from "../model.ts";
import { send } from "../pieces.ts";

const CONNECTIONS = 3;
/** Characters of a reply that are shown. */
const SHOWN = 200;

/** For each round, what each connection sends. */
type Rounds = Call[][][];

const pipeline = fc.array(calls(true), { maxLength: 4 });
const round = fc.array(pipeline, { minLength: CONNECTIONS, maxLength: CONNECTIONS });

/** The drive. */
export const sharedQueues: Drive<Rounds> = {
  name: "shared",
  about: "an order that explains all replies, on queues that several connections use at the same time",
  runs: 20,
  plan: fc.array(round, { minLength: 1, maxLength: 12 }),
  async run(rounds, target, name) {
    await using stack = new AsyncDisposableStack();
    const queues = Array.from({ length: QUEUES }, (_, i) => `${name}${i}`);
    const wires = await Promise.all(rounds[0].map(async (_, i) => stack.use(await target.connect(i))));
    let states = [new Model()];
    for (const round of rounds) {
      const lines = await Promise.all(round.map(async (calls, connection): Promise<Answered[]> => {
        const sender: Sender = { connection, protocol: 2, queues };
        const wire = wires[connection];
        const sending = send(wire, calls.map((call) => encode(call, sender)), []);
        sending.catch(() => {}); // a wrong reply is found first
        const answered: Answered[] = [];
        for (const call of calls) {
          const reply = await wire.shown();
          answered.push({ reply, apply: (model) => expected(model, call, sender) });
        }
        await sending;
        return answered;
      }));
      states = explain(states, lines);
      if (states.length === 0) throw new Error(`No order explains these replies:\n${described(round, lines)}`);
    }
    await cleanUp(wires[0], queues);
  },
};

function described(round: Call[][], lines: Answered[][]): string {
  return lines.flatMap((line, connection) =>
    line.map(({ reply }, i) => {
      const { row, words } = round[connection][i];
      const told = JSON.stringify(reply).slice(0, SHOWN);
      return `connection ${connection}: ${row.name} ${JSON.stringify(words)} → ${told}`;
    })
  ).join("\n");
}
