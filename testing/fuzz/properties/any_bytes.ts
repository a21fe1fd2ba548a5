/**
 * Bytes of any kind: noise, and conversations of real clients that were damaged on the way. Whatever comes, okq answers in
 * whole replies or hangs up, and somebody else notices nothing.
 *
 * @module
 */
import { ReplyReader } from "../../../resp/client/decode_reply.ts";
import { ErrorReply, type Reply, Status } from "../../../resp/reply.ts";
import { assert, fc } from "../../../tests/deps.ts";
import { bytes, latin1 } from "../../../tests/support/wire.ts";
import { conversation, COUNT, TOKENS } from "../conversations.ts";
import type { Drive } from "../property.ts";
import { send } from "../pieces.ts";

/** A damage; `at` and `length` are shares of the whole, from 0 to 1. */
type Damage =
  | { kind: "flip"; at: number; mask: number }
  | { kind: "cut" | "double" | "end"; at: number; length: number }
  | { kind: "put"; at: number; what: string };

interface Said {
  /** Conversations by their numbers, and noise. */
  talk: (number | string)[];
  damages: Damage[];
  cuts: number[];
  /** Hangs up without waiting for the answers. */
  rude: boolean;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: share, mask: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constantFrom("cut" as const, "double" as const, "end" as const), at: share, length: share }),
  fc.record({ kind: fc.constant("put" as const), at: share, what: fc.constantFrom(...TOKENS) }),
);
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(latin1),
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((tokens) => tokens.join("")),
);

const said: fc.Arbitrary<Said> = fc.record({
  talk: fc.array(
    fc.oneof({ weight: 4, arbitrary: fc.nat({ max: COUNT - 1 }) }, { weight: 1, arbitrary: noise }),
    { minLength: 1, maxLength: 3 },
  ),
  damages: fc.array(damage, { maxLength: 6 }),
  cuts: fc.array(fc.nat({ max: 3000 }), { maxLength: 6 }),
  rude: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** The drive. */
export const anyBytes: Drive<Said[]> = {
  name: "bytes",
  about: "whole replies or a hang-up to bytes of any kind, and nobody else who notices",
  runs: 60,
  plan: fc.array(said, { minLength: 1, maxLength: 3 }),
  async run(all, target, name) {
    await using other = await target.connect(0);
    await Promise.all(all.map(async ({ talk, damages, cuts, rude }, i) => {
      await using wire = await target.connect(0);
      const text = talk.map((part) => typeof part === "string" ? part : conversation(part, `${name}${i}`)).join("");
      const sent = bytes(damages.reduce(suffer, text));
      // It may hang up in the middle.
      const sending = send(wire, [sent], cuts).catch(() => {});
      if (rude) return await sending;
      sending.then(() => wire.closeWrite()).catch(() => {});
      const answer = await wire.closed();
      await sending;
      checkAnswer(bytes(answer));
    }));
    assert.equal(await other.command("PING"), "+PONG");
  },
};

function suffer(text: string, damage: Damage): string {
  const at = Math.floor(damage.at * text.length);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  if (damage.kind === "put") return before + damage.what + after;
  if (damage.kind === "flip") {
    return after === "" ? text : before + String.fromCharCode(after.charCodeAt(0) ^ damage.mask) + after.slice(1);
  }
  const end = Math.ceil(damage.length * Math.min(after.length, 64));
  if (damage.kind === "cut") return before + after.slice(end);
  return damage.kind === "double" ? before + after.slice(0, end) + after : before;
}

const END = bytes("+the end\r\n");

/** @throws {Error} if it is not a row of whole replies, or tells of an error that nobody foresaw */
function checkAnswer(answer: Uint8Array): void {
  const reader = new ReplyReader();
  reader.feed(answer);
  reader.feed(END);
  let last: Reply | undefined = null;
  for (let reply = reader.next(); reply !== undefined; reply = reader.next()) {
    if (reply instanceof ErrorReply) assert.doesNotMatch(reply.text, /unexpected server-side error/);
    last = reply;
  }
  const whole = last instanceof Status && last.text === "the end";
  assert.ok(whole, `An answer ends in the middle: ${JSON.stringify(latin1(answer).slice(-200))}`);
}
