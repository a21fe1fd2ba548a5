import { ReplyReader } from "../../../resp/client/decode_reply.ts";
import { Output, type Protocol } from "../../../resp/encode.ts";
import { ProtocolError } from "../../../resp/reply.ts";
import { ErrorReply, OK, type Reply, Status } from "../../../resp/reply.ts";
import { assert, fc } from "../../deps.ts";
import { bytes, latin1 } from "../../support/decoding.ts";

function replies(...pieces: Uint8Array[]): Reply[] {
  const reader = new ReplyReader();
  const result: Reply[] = [];
  for (const piece of pieces) {
    reader.feed(piece);
    for (let reply = reader.next(); reply !== undefined; reply = reader.next()) result.push(reply);
  }
  return result;
}

const WIRE = latin1(
  "+OK\r\n-ERR no\r\n:-12\r\n$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n_\r\n*0\r\n%0\r\n*2\r\n*1\r\n:1\r\n*0\r\n" +
    "%2\r\n$1\r\na\r\n:1\r\n+b\r\n%1\r\n$1\r\nc\r\n_\r\n~1\r\n,1.5\r\n>2\r\n#t\r\n#f\r\n(123\r\n(12345678901234567890\r\n,-inf\r\n",
);
const REPLIES: Reply[] = [
  OK,
  new ErrorReply("ERR no"),
  -12,
  latin1("a\r\n"),
  new Uint8Array(0),
  null,
  null,
  null,
  [],
  new Map(),
  [[1], []],
  new Map<string, Reply>([["a", 1], ["b", new Map([["c", null]])]]),
  [1.5],
  [1, 0],
  123,
  "12345678901234567890",
  -Infinity,
];

Deno.test("ReplyReader reads every kind of reply, split at any byte", () => {
  assert.deepEqual(replies(WIRE), REPLIES);
  assert.deepEqual(replies(...Array.from(WIRE, (byte) => Uint8Array.of(byte))), REPLIES);
  for (let at = 1; at < WIRE.length; at++) {
    assert.deepEqual(replies(WIRE.subarray(0, at), WIRE.subarray(at)), REPLIES, `split at ${at}`);
  }
});

Deno.test("ReplyReader reads what Output encodes", () => {
  const leaf = fc.oneof(
    fc.constant(OK),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.uint8Array(),
    fc.constant(new ErrorReply("ERR é")),
    fc.constant(new Status("PONG")),
  );
  const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
    reply: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("reply")),
      fc.array(fc.tuple(fc.string(), tie("reply"))).map((e) => new Map(e)),
    ),
  }));
  const check = (protocol: Protocol, expected: (reply: Reply) => Reply) =>
    fc.assert(fc.property(fc.array(reply), (all) => {
      const output = new Output();
      for (const one of all) output.write(one, protocol);
      assert.deepEqual(replies(output.take()), all.map(expected));
    }));
  check(3, normal);
  check(2, flat);
});

/** Turns -0 and the array types of fast-check into what a reader returns. */
function normal(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(normal);
  if (reply instanceof Map) return new Map(Array.from(reply, ([key, value]) => [key, normal(value)]));
  if (reply instanceof Uint8Array) return Uint8Array.from(reply);
  return typeof reply === "number" ? reply + 0 : reply;
}

function flat(reply: Reply): Reply {
  if (Array.isArray(reply)) return reply.map(flat);
  if (reply instanceof Map) return Array.from(reply).flatMap(([key, value]) => [bytes(key), flat(value)]);
  return normal(reply);
}

Deno.test("ReplyReader copies a 16 MiB reply in 64 KiB pieces less than four times", () => {
  const size = 16 * 1024 * 1024;
  const wire = latin1(`$${size}\r\n${"x".repeat(size)}\r\n`);
  let copied = 0;
  const set = Uint8Array.prototype.set;
  Uint8Array.prototype.set = function (source: ArrayLike<number>, offset?: number): void {
    copied += source.length;
    set.call(this, source, offset);
  };
  try {
    const pieces = Array.from(
      { length: Math.ceil(wire.length / 65_536) },
      (_, i) => wire.subarray(i * 65_536, (i + 1) * 65_536),
    );
    const [reply] = replies(...pieces);
    assert.equal((reply as Uint8Array).length, size);
  } finally {
    delete (Uint8Array.prototype as { set?: unknown }).set;
  }
  assert.ok(copied < 4 * wire.length, `copied ${copied} bytes`);
});

Deno.test("ReplyReader refuses invalid replies", () => {
  for (const wire of ["\r\n", "OK\r\n", ":x\r\n", "$x\r\n", "$-2\r\n", "*1.5\r\n", "$1\r\nabc", ",x\r\n", "\x00\r\n"]) {
    assert.throws(() => replies(latin1(wire)), ProtocolError, wire);
  }
});
