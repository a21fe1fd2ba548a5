/**
 * Several connections, each with queues of its own and a model that predicts every reply.
 *
 * @module
 */
import { assert, fc } from "../../../tests/deps.ts";
import type { ModelPolicy } from "../../../tests/support/model_queue.ts";
import type { Wire } from "../../../tests/support/wire.ts";
import { QUEUES } from "../arguments.ts";
import { type Call, calls, encode, expected, type Sender } from "../calls.ts";
import { matches } from "../linearize.ts";
import { Model } from "../model.ts";
import { lastPolicy, type Property, resetQueues, sendInPieces, setLastPolicy } from "../property.ts";

/** Ends of queue names that could be confused with keys, tags or the protocol. */
const SUFFIXES = [
  ...["a", "t{tag}", "s{tag}", "b\xff\x00", "c\r\n", "d{tag}", "d{tag}:dead", "e:ready", "f ", "{", "}"],
  "g".repeat(400),
];

interface Conversation {
  protocol: 2 | 3;
  suffixes: string[];
  policy: Pick<ModelPolicy, "groupLimit" | "rememberMs">;
  /** Calls that are sent together, and the positions where packets begin. */
  pipelines: { calls: Call[]; cuts: number[] }[];
}

const suffixes = fc.record({
  some: fc.shuffledSubarray(SUFFIXES, { minLength: QUEUES, maxLength: QUEUES }),
  dead: fc.boolean(),
}).map(({ some, dead }) => dead ? some.with(1, `${some[0]}:dead`) : some);

const pipeline = fc.record({
  calls: fc.array(calls(false), { minLength: 1, maxLength: 16 }),
  cuts: fc.array(fc.nat({ max: 2000 }), { maxLength: 4 }),
});

const conversation: fc.Arbitrary<Conversation> = fc.record({
  protocol: fc.constantFrom(2, 3),
  suffixes,
  policy: lastPolicy,
  pipelines: fc.array(pipeline, { minLength: 1, maxLength: 8 }),
});

export const ownQueues: Property<Conversation[]> = {
  name: "own",
  about: "every reply equals the model's, on queues that one connection uses",
  runs: 20,
  input: fc.array(conversation, { minLength: 1, maxLength: 4 }),
  async run(conversations, target, prefix) {
    await Promise.all(conversations.map(async (conversation, i) => {
      await using wire = await target.connect(i);
      await converse(conversation, wire, `${prefix}${i}-`, i);
    }));
  },
};

async function converse(conversation: Conversation, wire: Wire, prefix: string, number: number) {
  const { protocol, suffixes, policy, pipelines } = conversation;
  const sender: Sender = { connection: number, protocol, queues: suffixes.map((suffix) => prefix + suffix) };
  const model = new Model();
  await wire.command("HELLO", `${protocol}`);
  await setLastPolicy(wire, sender.queues, model, policy);
  for (const { calls, cuts } of pipelines) {
    const sending = sendInPieces(wire, calls.map((call) => encode(call, sender)), cuts);
    sending.catch(() => {}); // a wrong reply is reported first
    for (const call of calls) {
      const reply = await wire.shown();
      const should = expected(model, call, sender);
      if (!matches(should, reply)) assert.deepEqual(reply, should, `${call.row.name} ${JSON.stringify(call.words)}`);
    }
    await sending;
  }
  await resetQueues(wire, sender.queues);
}
