/**
 * Several connections at once, each with queues of its own, and for each a model that knows every reply beforehand.
 *
 * @module
 */
import { assert, fc } from "../../../tests/deps.ts";
import type { Wire } from "../../../tests/support/wire.ts";
import { type Call, calls, encode, expected, type Sender } from "../calls.ts";
import { cleanUp, type Drive } from "../property.ts";
import { QUEUES } from "../arguments.ts";
import { matches } from "../linearize.ts";
import { Model } from "../model.ts";
import { send } from "../pieces.ts";

/** Ends of names that are easily taken for something else. */
const TAILS = [
  "a",
  "t{tag}",
  "s{tag}",
  "b\xff\x00",
  "c\r\n",
  "d{tag}",
  "d{tag}:dead",
  "e:ready",
  "f ",
  "{",
  "}",
  "g".repeat(400),
];

interface Talk {
  protocol: 2 | 3;
  tails: string[];
  /** What is sent without waiting in between, and where it is cut. */
  pipelines: { calls: Call[]; cuts: number[] }[];
}

const talk: fc.Arbitrary<Talk> = fc.record({
  protocol: fc.constantFrom(2, 3),
  tails: fc.record({ some: fc.shuffledSubarray(TAILS, { minLength: QUEUES, maxLength: QUEUES }), dead: fc.boolean() })
    .map(({ some, dead }) => dead ? some.with(1, `${some[0]}:dead`) : some),
  pipelines: fc.array(
    fc.record({
      calls: fc.array(calls(false), { minLength: 1, maxLength: 16 }),
      cuts: fc.array(fc.nat({ max: 2000 }), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

/** The drive. */
export const ownQueues: Drive<Talk[]> = {
  name: "own",
  about: "every reply, on queues that one connection uses",
  runs: 20,
  plan: fc.array(talk, { minLength: 1, maxLength: 4 }),
  async run(talks, target, name) {
    await Promise.all(talks.map(async (talk, i) => {
      await using wire = await target.connect(i);
      await converse(talk, wire, `${name}${i}-`, i);
    }));
  },
};

async function converse({ protocol, tails, pipelines }: Talk, wire: Wire, name: string, connection: number) {
  const sender: Sender = { connection, protocol, queues: tails.map((tail) => name + tail) };
  const model = new Model();
  await wire.command("HELLO", `${protocol}`);
  for (const { calls, cuts } of pipelines) {
    const sending = send(wire, calls.map((call) => encode(call, sender)), cuts);
    sending.catch(() => {}); // a wrong reply is found first
    for (const call of calls) {
      const reply = await wire.shown();
      const should = expected(model, call, sender);
      if (!matches(should, reply)) assert.deepEqual(reply, should, `${call.row.name} ${JSON.stringify(call.words)}`);
    }
    await sending;
  }
  await cleanUp(wire, sender.queues);
}
