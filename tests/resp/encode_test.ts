import { MAX_REUSED_OUTPUT_BYTES, MIN_OUTPUT_BYTES, Output, type Protocol } from "../../resp/encode.ts";
import { ErrorReply, OK, type Reply, Status } from "../../resp/reply.ts";
import { assert } from "../deps.ts";
import { bytes, latin1 } from "../support/decoding.ts";

const utf8 = new TextDecoder();

function encoded(reply: Reply, protocol: Protocol): string {
  const output = new Output();
  output.write(reply, protocol);
  return utf8.decode(output.take());
}

Deno.test("Output encodes every kind of reply in both protocols", () => {
  const map = new Map<string, Reply>([["a", 1], ["é", [null]]]);
  const cases: [Reply, string, string?][] = [
    [OK, "+OK\r\n"],
    [new Status("PONG"), "+PONG\r\n"],
    [new ErrorReply("ERR syntax error"), "-ERR syntax error\r\n"],
    [null, "$-1\r\n", "_\r\n"],
    ["", "$0\r\n\r\n"],
    ["jobs", "$4\r\njobs\r\n"],
    ["é€😀", "$9\r\né€😀\r\n"],
    [bytes("a\r\nb"), "$4\r\na\r\nb\r\n"],
    [new Uint8Array(0), "$0\r\n\r\n"],
    [[], "*0\r\n"],
    [
      ["a", 1, null, ["b"]],
      "*4\r\n$1\r\na\r\n:1\r\n$-1\r\n*1\r\n$1\r\nb\r\n",
      "*4\r\n$1\r\na\r\n:1\r\n_\r\n*1\r\n$1\r\nb\r\n",
    ],
    [map, "*4\r\n$1\r\na\r\n:1\r\n$2\r\né\r\n*1\r\n$-1\r\n", "%2\r\n$1\r\na\r\n:1\r\n$2\r\né\r\n*1\r\n_\r\n"],
    [new Map(), "*0\r\n", "%0\r\n"],
  ];
  for (const [reply, resp2, resp3 = resp2] of cases) {
    assert.equal(encoded(reply, 2), resp2);
    assert.equal(encoded(reply, 3), resp3);
  }
});

Deno.test("Output encodes integers of every length", () => {
  const numbers = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 10 ** 15, Number.MAX_SAFE_INTEGER];
  for (const n of numbers.flatMap((n) => [n, -n])) assert.equal(encoded(n, 2), `:${n}\r\n`);
  assert.equal(encoded(-0, 2), ":0\r\n");
});

Deno.test("Output refuses a number that is not a safe integer, and appends nothing of that reply", () => {
  const output = new Output();
  output.write(OK, 2);
  for (const n of [1.5, NaN, Infinity, 2 ** 53]) assert.throws(() => output.write(["jobs", n], 2), RangeError);
  output.write(1, 2);
  assert.deepEqual(output.take(), latin1("+OK\r\n:1\r\n"));
});

Deno.test("Output encodes strings of every length around the digits of their header", () => {
  for (const length of [9, 10, 33, 34, 99, 100, 333, 334, 999, 1000, 33_333, 100_000]) {
    for (const character of ["x", "é", "€"]) {
      const text = character.repeat(length);
      assert.equal(encoded(text, 2), `$${bytes(text).length}\r\n${text}\r\n`);
    }
  }
});

Deno.test("Output keeps every error and status on one line", () => {
  assert.equal(encoded(new ErrorReply("ERR a\r\n+OK\tb\0\x1b[2J\x7f"), 2), "-ERR a\\r\\n+OK\\tb\\x00\\x1B[2J\\x7F\r\n");
  assert.equal(encoded(new ErrorReply("ERR lone \ud800 surrogate €"), 3), "-ERR lone \ufffd surrogate €\r\n");
  assert.equal(encoded(new Status("a\nb"), 2), "+a\\nb\r\n");
});

Deno.test("Output keeps taken bytes valid until the next take", () => {
  const output = new Output();
  const expect = (taken: Uint8Array, text: string) => assert.equal(utf8.decode(taken), text);
  for (let i = 0; i < 50; i++) {
    output.write(i, 2);
    const taken = output.take();
    assert.equal(output.length, 0);
    for (let j = 0; j < 200; j++) output.write("y".repeat(i), 2);
    expect(taken, `:${i}\r\n`);
    const second = output.take();
    output.write(OK, 2);
    expect(second, `$${i}\r\n${"y".repeat(i)}\r\n`.repeat(200));
    output.take();
  }
});

/** All pieces up to the last one. */
function takeAll(output: Output): Uint8Array[] {
  const pieces = [];
  while (output.length > 0) pieces.push(output.take());
  return pieces;
}

Deno.test("Output returns a bulk string of 64 KiB or more as it is, in its place", () => {
  const output = new Output();
  const [one, two, small] = [65_536, 100_000, 65_535].map((size, i) => new Uint8Array(size).fill(0x61 + i));
  output.write([one, 1], 2);
  output.write([small, two], 2);
  const lengths = `*2\r\n$65536\r\n|${utf8.decode(one)}|\r\n:1\r\n*2\r\n$65535\r\n`.length - 2;
  assert.equal(output.length, lengths + 65_535 + `\r\n$100000\r\n`.length + 100_000 + 2);
  const pieces = [output.take(), output.take()];
  output.write(OK, 2); // while the second piece is written
  pieces.push(...takeAll(output));
  assert.ok(pieces[1] === one && pieces[3] === two);
  const texts = pieces.map((piece) => utf8.decode(piece));
  assert.deepEqual(texts, [
    "*2\r\n$65536\r\n",
    utf8.decode(one),
    `\r\n:1\r\n*2\r\n$65535\r\n${utf8.decode(small)}\r\n$100000\r\n`,
    utf8.decode(two),
    "\r\n+OK\r\n",
  ]);
});

Deno.test("Output appends nothing of a reply with a large bulk string that it refuses", () => {
  const output = new Output();
  output.write(1, 2);
  assert.throws(() => output.write([new Uint8Array(100_000), NaN], 2), RangeError);
  assert.equal(output.length, 4);
  output.write(2, 2);
  assert.deepEqual(takeAll(output).map((piece) => utf8.decode(piece)), [":1\r\n:2\r\n"]);
});

Deno.test("Output returns no bytes when nothing was written", () => {
  const output = new Output();
  assert.equal(output.take().length, 0);
  output.write(OK, 2);
  output.take();
  assert.equal(output.take().length, 0);
});

Deno.test("Output starts with small buffers and returns to them after a burst", () => {
  const output = new Output();
  const size = () => {
    output.write(OK, 2);
    return output.take().buffer.byteLength;
  };
  assert.deepEqual([size(), size(), size()], [MIN_OUTPUT_BYTES, MIN_OUTPUT_BYTES, MIN_OUTPUT_BYTES]);
  for (const burst of [1_000_000, MAX_REUSED_OUTPUT_BYTES / 2]) {
    for (let i = 0; i < 2; i++) {
      for (let left = burst; left > 0; left -= 25_000) output.write(new Uint8Array(Math.min(left, 25_000)), 2);
      output.take();
    }
    size();
    size();
    assert.deepEqual([size(), size()], [MIN_OUTPUT_BYTES, MIN_OUTPUT_BYTES], `after ${burst} bytes`);
  }
});

Deno.test("Output frees a buffer above 64 KiB at once", () => {
  const output = new Output();
  for (let i = 0; i < 20; i++) output.write(new Uint8Array(50_000), 2);
  const burst = output.take().buffer;
  output.write(OK, 2);
  output.take();
  output.write(new Uint8Array(50_000), 2);
  assert.notEqual(output.take().buffer, burst);
});
