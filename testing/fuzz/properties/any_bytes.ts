/**
 * Noise, and mutated conversations of real clients: okq answers in whole replies or closes the connection, and other
 * clients are not affected.
 *
 * @module
 */
import { ReplyReader } from "../../../resp/client/decode_reply.ts";
import { ErrorReply, type Reply, Status } from "../../../resp/reply.ts";
import { assert, fc } from "../../../tests/deps.ts";
import { bytes, latin1 } from "../../../tests/support/wire.ts";
import { conversation, COUNT, TOKENS } from "../conversations.ts";
import { type Property, sendInPieces } from "../property.ts";

/** `at` and `length` are shares of the whole, from 0 to 1. */
type Mutation =
  | { kind: "flip"; at: number; mask: number }
  | { kind: "delete" | "repeat" | "truncate"; at: number; length: number }
  | { kind: "insert"; at: number; token: string };

interface Input {
  /** Conversations by number, and noise. */
  parts: (number | string)[];
  mutations: Mutation[];
  /** Positions where packets begin. */
  cuts: number[];
  disconnects: boolean;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: share, mask: fc.integer({ min: 1, max: 255 }) }),
  fc.record({
    kind: fc.constantFrom("delete" as const, "repeat" as const, "truncate" as const),
    at: share,
    length: share,
  }),
  fc.record({ kind: fc.constant("insert" as const), at: share, token: fc.constantFrom(...TOKENS) }),
);
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(latin1),
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((tokens) => tokens.join("")),
);
const part = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: COUNT - 1 }) }, { weight: 1, arbitrary: noise });

const input: fc.Arbitrary<Input> = fc.record({
  parts: fc.array(part, { minLength: 1, maxLength: 3 }),
  mutations: fc.array(mutation, { maxLength: 6 }),
  cuts: fc.array(fc.nat({ max: 3000 }), { maxLength: 6 }),
  disconnects: fc.constantFrom(false, false, false, false, true),
});

export const anyBytes: Property<Input[]> = {
  name: "bytes",
  about: "arbitrary bytes get whole replies or a closed connection, and no other client is affected",
  runs: 60,
  input: fc.array(input, { minLength: 1, maxLength: 3 }),
  async run(inputs, target, prefix) {
    await using other = await target.connect(0);
    await Promise.all(inputs.map(async ({ parts, mutations, cuts, disconnects }, i) => {
      await using wire = await target.connect(0);
      const text = parts.map((part) => typeof part === "string" ? part : conversation(part, `${prefix}${i}`)).join("");
      const sent = bytes(mutations.reduce(mutate, text));
      const sending = sendInPieces(wire, [sent], cuts).catch(() => {}); // okq may close the connection meanwhile
      if (disconnects) return await sending;
      sending.then(() => wire.closeWrite()).catch(() => {});
      const replies = await wire.closed();
      await sending;
      checkReplies(bytes(replies));
    }));
    assert.equal(await other.command("PING"), "+PONG");
  },
};

function mutate(text: string, mutation: Mutation): string {
  const at = Math.floor(mutation.at * text.length);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  if (mutation.kind === "insert") return before + mutation.token + after;
  if (mutation.kind === "flip") {
    return after === "" ? text : before + String.fromCharCode(after.charCodeAt(0) ^ mutation.mask) + after.slice(1);
  }
  const end = Math.ceil(mutation.length * Math.min(after.length, 64));
  if (mutation.kind === "delete") return before + after.slice(end);
  return mutation.kind === "repeat" ? before + after.slice(0, end) + after : before;
}

const END = bytes("+the end\r\n");

/** @throws {Error} if a reply is incomplete or reports an unexpected error */
function checkReplies(replies: Uint8Array): void {
  const reader = new ReplyReader();
  reader.feed(replies);
  reader.feed(END);
  let last: Reply | undefined = null;
  for (let reply = reader.next(); reply !== undefined; reply = reader.next()) {
    if (reply instanceof ErrorReply) assert.doesNotMatch(reply.text, /unexpected server-side error/);
    last = reply;
  }
  const complete = last instanceof Status && last.text === "the end";
  assert.ok(complete, `The last reply is incomplete: ${JSON.stringify(latin1(replies).slice(-200))}`);
}
