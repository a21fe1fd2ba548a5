import { ArgumentCache, Decoder, OVERSIZED } from "../../resp/decode.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { MAX_ARGUMENTS, MAX_COMMAND_EXTRA_BYTES, MAX_DISCARDED_BYTES, MAX_INLINE_BYTES } from "../../resp/limits.ts";
import { ProtocolError } from "../../resp/reply.ts";
import { MAX_BLOCK_BYTES, MIN_BLOCK_BYTES } from "../../resp/receive_buffer.ts";
import { assert, fc } from "../deps.ts";
import { bytes, latin1, receive, textOf } from "../support/decoding.ts";

const KEPT_BYTES = 40;

// Both kinds of command, empty commands, empty and binary arguments, lengths of several digits, arguments too large to
// keep in every position, and bytes that look like protocol inside of arguments.
const CONVERSATION = latin1(
  "*4\r\n$6\r\nQLPUSH\r\n$4\r\njobs\r\n$2\r\n17\r\n$12\r\n\x00\xff\r\n$3\r\nabc\r\r\n" +
    "*0\r\n*-1\r\n\r\n\n   \r\n" +
    "QLPUSH jobs \"a\\x00 b\" 'c d'\r\nPING\n" +
    "*1\r\n$0\r\n\r\n" +
    "*3\r\n$2\r\nAA\r\n$41\r\n" + "x".repeat(41) + "\r\n$1\r\nz\r\n" +
    "*2\r\n$100\r\n" + "y\r\n*".repeat(25) + "\r\n$40\r\n" + "k".repeat(40) + "\r\n" +
    "ECHO " + "w".repeat(41) + "\r\n" +
    "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n",
);
const COMMANDS = [
  ["QLPUSH", "jobs", "17", "\x00\xff\r\n$3\r\nabc\r"],
  ["QLPUSH", "jobs", "a\x00 b", "c d"],
  ["PING"],
  [""],
  ["AA", "<oversized 41>", "z"],
  ["<oversized 100>", "k".repeat(40)],
  ["ECHO", "<oversized 41>"],
  ["ECHO", "hi"],
];

function decoder(maxBulkBytes = KEPT_BYTES): Decoder {
  return new Decoder({ maxBulkBytes });
}

function decode(...pieces: (string | Uint8Array)[]): (string[] | string)[] {
  return textOf(receive(decoder(), ...pieces.map((piece) => typeof piece === "string" ? latin1(piece) : piece)));
}

Deno.test("Decoder decodes a pipelined conversation that arrives at once", () => {
  assert.deepEqual(decode(CONVERSATION), COMMANDS);
});

Deno.test("Decoder decodes the same commands byte by byte", () => {
  assert.deepEqual(decode(...Array.from(CONVERSATION, (byte) => Uint8Array.of(byte))), COMMANDS);
});

Deno.test("Decoder decodes the same commands from two pieces, split at any byte", () => {
  for (let at = 1; at < CONVERSATION.length; at++) {
    assert.deepEqual(decode(CONVERSATION.subarray(0, at), CONVERSATION.subarray(at)), COMMANDS, `split at ${at}`);
  }
});

Deno.test("Decoder decodes the same commands at any offset in its block of memory", () => {
  for (let blanks = 0; blanks < MIN_BLOCK_BYTES; blanks++) {
    const shifted = latin1(`${" ".repeat(blanks)}\n`);
    const pieces = [shifted, CONVERSATION.subarray(0, 300), CONVERSATION.subarray(300)];
    assert.deepEqual(decode(...pieces), COMMANDS, `shifted by ${blanks}`);
  }
});

Deno.test("Decoder returns nothing for a truncated command, and the command once the rest is received", () => {
  const command = encodeCommand(["QLPUSH", "jobs", "1", "hello"]);
  for (let at = 0; at < command.length; at++) {
    const subject = decoder();
    assert.deepEqual(receive(subject, command.subarray(0, at)), [], `truncated at ${at}`);
    assert.equal(subject.buffered, at);
    assert.deepEqual(textOf(receive(subject, command.subarray(at))), [["QLPUSH", "jobs", "1", "hello"]]);
    assert.equal(subject.buffered, 0);
  }
});

Deno.test("Decoder counts as buffered the bytes behind the command returned last", () => {
  const subject = decoder();
  const pipelined = latin1("PING\r\n*1\r\n$4\r\nPING\r\n*0\r\n*2\r\n$1");
  subject.space().set(pipelined);
  subject.filled(pipelined.length);
  const counts = [subject.buffered];
  while (subject.next() !== null) counts.push(subject.buffered);
  counts.push(subject.buffered);
  assert.deepEqual(counts, [pipelined.length, pipelined.length - 6, 10, 6]);
});

Deno.test("Decoder returns the arguments that encodeCommand encoded, of any bytes", () => {
  const args = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 20 });
  const conversation = fc.tuple(fc.array(args, { maxLength: 8 }), fc.integer({ min: 1, max: 5000 }));
  fc.assert(fc.property(conversation, ([commands, size]) => {
    const wire = commands.flatMap((command) => Array.from(encodeCommand(command)));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < wire.length; at += size) pieces.push(Uint8Array.from(wire.slice(at, at + size)));
    const received = receive(decoder(3000), ...pieces);
    const expected = commands.map((command) => ({ args: command, oversized: 0 }));
    assert.equal(received.length, expected.length);
    received.forEach((result, i) => {
      assert.ok(!(result instanceof ProtocolError));
      assert.deepEqual(result.args.map((arg) => Array.from(arg)), expected[i].args.map((arg) => Array.from(arg)));
    });
  }));
});

Deno.test("Decoder returns commands or throws ProtocolError on random bytes, the same for any split", () => {
  const likely = fc.constantFrom(
    "*",
    "$",
    "\r\n",
    "\r",
    "\n",
    "-",
    "0",
    "1",
    "2",
    "9",
    "65536",
    "99999999",
    '"',
    "'",
    " ",
  );
  const piece = fc.oneof(likely.map(latin1), fc.uint8Array({ maxLength: 12 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const wire = Uint8Array.from(pieces.flatMap((part) => Array.from(part)));
      assert.deepEqual(decode(...pieces), decode(wire));
      assert.deepEqual(decode(...Array.from(wire, (byte) => Uint8Array.of(byte))), decode(wire));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("Decoder refuses protocol errors in the words of Redis", () => {
  const refused: [string, string][] = [
    ["*x\r\n", "invalid multibulk length"],
    ["*\r\n", "invalid multibulk length"],
    ["*+1\r\n", "invalid multibulk length"],
    ["* 1\r\n", "invalid multibulk length"],
    ["*01\r\n", "invalid multibulk length"],
    ["*-0\r\n", "invalid multibulk length"],
    ["*1\rx", "invalid multibulk length"],
    [`*${MAX_ARGUMENTS + 1}\r\n`, "invalid multibulk length"],
    ["*9007199254740993\r\n", "invalid multibulk length"],
    ["*-9007199254740993\r\n", "invalid multibulk length"],
    ["*" + "1".repeat(40), "too big mbulk count string"],
    ["*1\r\n$x\r\n", "invalid bulk length"],
    ["*1\r\n$-1\r\n", "invalid bulk length"],
    ["*1\r\n$007\r\n", "invalid bulk length"],
    [`*1\r\n$${MAX_DISCARDED_BYTES + 1}\r\n`, "invalid bulk length"],
    ["*1\r\n$" + "1".repeat(40), "too big bulk count string"],
    ["*1\r\nPING\r\n", "expected '$', got 'P'"],
    ["*1\r\n\r\n", "expected '$', got '\\r'"],
    ["*1\r\n\xff", "expected '$', got '\\xFF'"],
    ["*1\r\n$4\r\nPINGxx", "expected CRLF after bulk"],
    ["*1\r\n$4\r\nPINGx\n", "expected CRLF after bulk"],
    ["*1\r\n$4\r\nPING\rx", "expected CRLF after bulk"],
    [`*1\r\n$50\r\n${"x".repeat(52)}`, "expected CRLF after bulk"],
    ['SET "a\r\n', "unbalanced quotes in request"],
    ["x".repeat(MAX_INLINE_BYTES + 1), "too big inline request"],
  ];
  for (const [wire, detail] of refused) {
    assert.deepEqual(decode(wire), [`Protocol error: ${detail}`], wire.slice(0, 60));
  }
});

Deno.test("Decoder returns the commands before a violation, and nothing after it", () => {
  const subject = decoder();
  const received = receive(subject, latin1("PING\r\n*1\r\n!\r\nPING\r\n"));
  assert.deepEqual(textOf(received), [["PING"], "Protocol error: expected '$', got '!'"]);
  assert.throws(() => subject.next(), received[1] as ProtocolError);
  const quoted = decoder();
  assert.deepEqual(textOf(receive(quoted, latin1("'\r\nPING\r\n"))), [
    "Protocol error: unbalanced quotes in request",
  ]);
  assert.throws(() => quoted.next(), ProtocolError);
});

Deno.test("Decoder accepts the largest number of arguments and the longest inline command", () => {
  const args = Array.from({ length: MAX_ARGUMENTS }, (_, i) => String(i));
  assert.deepEqual(decode(encodeCommand(args)), [args]);
  const subject = decoder(MAX_INLINE_BYTES);
  const line = "x".repeat(MAX_INLINE_BYTES);
  assert.deepEqual(textOf(receive(subject, latin1(`${line}\r\n`))), [[line]]);
});

Deno.test("Decoder refuses a command whose arguments are too large together", () => {
  const subject = decoder(MAX_COMMAND_EXTRA_BYTES);
  const header = latin1(`$${MAX_COMMAND_EXTRA_BYTES}\r\n`);
  const argument = new Uint8Array(MAX_COMMAND_EXTRA_BYTES + 2);
  argument.set([0x0d, 0x0a], MAX_COMMAND_EXTRA_BYTES);
  const received = receive(subject, latin1("*65536\r\n"), header, argument, header, argument, latin1("$1\r\n"));
  assert.deepEqual(textOf(received), ["Protocol error: too big command"]);
});

Deno.test("Decoder accepts any number of large commands", () => {
  const subject = decoder(MAX_COMMAND_EXTRA_BYTES);
  const command = encodeCommand([new Uint8Array(MAX_COMMAND_EXTRA_BYTES)]);
  for (let i = 0; i < 3; i++) assert.ok(!(receive(subject, command)[0] instanceof ProtocolError));
});

Deno.test("Decoder discards an oversized argument without storing it, and decodes the next command", () => {
  const subject = decoder(1024);
  const size = 64 * 1024 * 1024;
  const blocks = new Set<ArrayBufferLike>();
  subject.space().set(latin1(`*2\r\n$4\r\nECHO\r\n$${size}\r\n`));
  subject.filled(`*2\r\n$4\r\nECHO\r\n$${size}\r\n`.length);
  let reads = 0;
  for (let left = size; left > 0; reads++) {
    assert.equal(subject.next(), null);
    const space = subject.space().subarray(0, left);
    blocks.add(space.buffer);
    subject.filled(space.length);
    left -= space.length;
  }
  const received = receive(subject, latin1("\r\n*1\r\n$4\r\nPING\r\n"));
  assert.deepEqual(textOf(received), [["ECHO", `<oversized ${size}>`], ["PING"]]);
  assert.equal(subject.oversized, 0);
  const stored = Array.from(blocks).reduce((sum, block) => sum + block.byteLength, 0);
  assert.ok(stored < 256 * 1024, `stored ${stored} bytes`);
  assert.ok(reads < size / MAX_BLOCK_BYTES * 2, `${reads} reads`);
});

Deno.test("Decoder keeps an argument of exactly the largest size", () => {
  const [kept, empty] = receive(decoder(5), encodeCommand(["12345"]), encodeCommand([""]));
  assert.ok(!(kept instanceof ProtocolError) && !(empty instanceof ProtocolError));
  assert.deepEqual(kept, { args: [bytes("12345")], oversized: 0 });
  assert.notEqual(empty.args[0], OVERSIZED);
});

Deno.test("ArgumentCache returns the bytes that were received, cached or not", () => {
  const word = fc.constantFrom("", "a", "b", "QLPUSH", "QLPUSX", "x".repeat(64), "x".repeat(65), "x".repeat(1000));
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), word, fc.nat(9))), (words) => {
    const cache = new ArgumentCache();
    const results = words.map(([index, text, start]) => {
      const received = bytes("-".repeat(start) + text + "-");
      return cache.argument(index, received, start, start + text.length);
    });
    assert.deepEqual(results, words.map(([, text]) => bytes(text)));
  }));
});

Deno.test("ArgumentCache returns the same array for an argument that repeats at its index", () => {
  const cache = new ArgumentCache();
  const received = bytes("jobs jobs mail");
  const first = cache.argument(1, received, 0, 4);
  assert.equal(cache.argument(1, received, 5, 9), first);
  assert.notEqual(cache.argument(0, received, 5, 9), first);
  assert.notEqual(cache.argument(1, received, 10, 14), first);
});

Deno.test("ArgumentCache keeps no received block alive", () => {
  const cache = new ArgumentCache();
  assert.equal(cache.argument(0, bytes("PING and a megabyte"), 0, 4).buffer.byteLength, 4);
});
