/**
 * Several connections on the same queues, through all okq processes: their replies must be linearizable.
 *
 * @module
 */
import { fc } from "../../../tests/deps.ts";
import type { ModelPolicy } from "../../../tests/support/model_queue.ts";
import { QUEUES } from "../arguments.ts";
import { type Call, calls, encode, expected, type Sender } from "../calls.ts";
import { type Answered, linearize } from "../linearize.ts";
import { Model } from "../model.ts";
import { lastPolicy, type Property, resetQueues, sendInPieces, setLastPolicy } from "../property.ts";

const CONNECTIONS = 3;
const MAX_SHOWN = 200;

interface Input {
  policy: Pick<ModelPolicy, "groupLimit" | "rememberMs">;
  /** The calls by round and connection. */
  rounds: Call[][][];
}

const pipeline = fc.array(calls(true), { maxLength: 4 });
const round = fc.array(pipeline, { minLength: CONNECTIONS, maxLength: CONNECTIONS });

export const sharedQueues: Property<Input> = {
  name: "shared",
  about: "replies are linearizable, on queues that several connections use at the same time",
  runs: 20,
  input: fc.record({ policy: lastPolicy, rounds: fc.array(round, { minLength: 1, maxLength: 12 }) }),
  async run({ policy, rounds }, target, prefix) {
    await using stack = new AsyncDisposableStack();
    const queues = Array.from({ length: QUEUES }, (_, i) => `${prefix}${i}`);
    const wires = await Promise.all(rounds[0].map(async (_, i) => stack.use(await target.connect(i))));
    let states = [new Model()];
    await setLastPolicy(wires[0], queues, states[0], policy);
    for (const round of rounds) {
      const answered = await Promise.all(round.map(async (calls, connection): Promise<Answered[]> => {
        const sender: Sender = { connection, protocol: 2, queues };
        const wire = wires[connection];
        const sending = sendInPieces(wire, calls.map((call) => encode(call, sender)), []);
        sending.catch(() => {}); // a wrong reply is reported first
        const answered: Answered[] = [];
        for (const call of calls) {
          const reply = await wire.shown();
          answered.push({ reply, apply: (model) => expected(model, call, sender) });
        }
        await sending;
        return answered;
      }));
      states = linearize(states, answered);
      if (states.length === 0) throw new Error(`No order explains these replies:\n${describe(round, answered)}`);
    }
    await resetQueues(wires[0], queues);
  },
};

function describe(round: Call[][], answered: Answered[][]): string {
  return answered.flatMap((commands, connection) =>
    commands.map(({ reply }, i) => {
      const { row, words } = round[connection][i];
      const shown = JSON.stringify(reply).slice(0, MAX_SHOWN);
      return `connection ${connection}: ${row.name} ${JSON.stringify(words)} → ${shown}`;
    })
  ).join("\n");
}
