import { Decoder } from "../../resp/decode.ts";
import { encodeCommand } from "../../resp/client/encode_command.ts";
import { MAX_ADVANCE_BYTES, MAX_BLOCK_BYTES, MIN_BLOCK_BYTES, ReceiveBuffer } from "../../resp/receive_buffer.ts";
import { ProtocolError } from "../../resp/reply.ts";
import { assert } from "../deps.ts";
import { receive } from "../support/decoding.ts";

const PIECE_BYTES = 65_536;

interface Traffic {
  copied: number;
  allocated: number;
  reads: number;
  commands: Uint8Array[][];
}

/** Feeds bytes in pieces, and counts the bytes that the decoder copies and the memory that it allocates. */
function feed(decoder: Decoder, wire: Uint8Array, pieceBytes = PIECE_BYTES): Traffic {
  const result: Traffic = { copied: 0, allocated: 0, reads: 0, commands: [] };
  const blocks = new Set<ArrayBufferLike>();
  const set = Uint8Array.prototype.set;
  Uint8Array.prototype.set = function (source: ArrayLike<number>, offset?: number): void {
    result.copied += source.length;
    set.call(this, source, offset);
  };
  try {
    for (let at = 0; at < wire.length; result.reads++) {
      const space = decoder.space();
      if (!blocks.has(space.buffer)) result.allocated += space.buffer.byteLength;
      blocks.add(space.buffer);
      const part = wire.subarray(at, at + Math.min(space.length, pieceBytes));
      set.call(space, part);
      decoder.filled(part.length);
      at += part.length;
      for (let args = decoder.next(); args !== null; args = decoder.next()) result.commands.push(args);
    }
  } finally {
    delete (Uint8Array.prototype as { set?: unknown }).set;
  }
  return result;
}

/** Reads `n` bytes, or as many as fit, and decodes them. Returns the size of the block. */
function blockSize(buffer: ReceiveBuffer, n: number): number {
  const size = buffer.space(0).buffer.byteLength;
  buffer.filled(Math.min(n, buffer.bytes.length - buffer.end));
  buffer.start = buffer.end;
  return size;
}

Deno.test("Decoder returns views of the memory that was read into", () => {
  const subject = new Decoder({ maxBulkBytes: 100_000 });
  for (const length of [10, 100_000]) {
    const command = encodeCommand(["QLPUSH", "jobs", new Uint8Array(length)]);
    let last = new Uint8Array(0).buffer as ArrayBufferLike;
    for (let at = 0; at < command.length;) {
      assert.equal(subject.next(), null);
      const space = subject.space();
      const part = command.subarray(at, at + space.length);
      space.set(part);
      subject.filled(part.length);
      at += part.length;
      last = space.buffer;
    }
    assert.equal(subject.next()?.[2].buffer, last);
  }
});

Deno.test("Decoder never overwrites the views that it returned", () => {
  const subject = new Decoder({ maxBulkBytes: 100_000 });
  const commands = Array.from(
    { length: 3000 },
    (_, i) => encodeCommand(["QLPUSH", `queue ${i}`, "x".repeat((i * 37) % 1500), new Uint8Array(i % 90).fill(i)]),
  );
  const received = commands.flatMap((command) => receive(subject, command));
  assert.deepEqual(
    received.map((result) => result instanceof ProtocolError ? result : encodeCommand(result.args)),
    commands,
  );
});

Deno.test("ReceiveBuffer receives 16 MiB in 64 KiB pieces, copies at most half of it and allocates at most half more", () => {
  const contents = new Uint8Array(16 * 1024 * 1024).map((_, i) => i * 31);
  const wire = encodeCommand(["QLPUSH", "jobs", "1", contents]);
  const { copied, allocated, reads, commands } = feed(new Decoder({ maxBulkBytes: contents.length }), wire);
  assert.equal(commands.length, 1);
  assert.ok(commands[0][3].every((byte, i) => byte === contents[i]));
  assert.ok(copied <= contents.length / 2, `copied ${copied} bytes`);
  assert.ok(allocated <= contents.length * 1.5, `allocated ${allocated} bytes`);
  assert.ok(reads < contents.length / PIECE_BYTES + 10, `${reads} reads`);
});

Deno.test("ReceiveBuffer allocates exactly what an argument up to its largest block needs, and copies only what came before", () => {
  const wire = encodeCommand(["QLPUSH", "jobs", "1", new Uint8Array(60_000)]);
  const { copied, allocated } = feed(new Decoder({ maxBulkBytes: wire.length }), wire);
  assert.ok(copied <= MIN_BLOCK_BYTES, `copied ${copied} bytes`);
  assert.ok(allocated <= wire.length + 4 * MIN_BLOCK_BYTES, `allocated ${allocated} bytes`);
});

Deno.test("ReceiveBuffer allocates little for an argument that is announced and not sent", () => {
  const buffer = new ReceiveBuffer();
  const announced = 256 * 1024 * 1024;
  assert.equal(buffer.space(announced).length, MAX_ADVANCE_BYTES);
  buffer.filled(1000);
  assert.equal(buffer.space(announced).buffer.byteLength, MAX_ADVANCE_BYTES);
});

Deno.test("ReceiveBuffer copies less than 1% of many small commands", () => {
  const command = encodeCommand(["QLPUSH", "jobs", "000000000001", new Uint8Array(32)]);
  const wire = new Uint8Array(command.length * 50_000);
  for (let at = 0; at < wire.length; at += command.length) wire.set(command, at);
  const { copied, allocated, commands } = feed(new Decoder({ maxBulkBytes: 1024 }), wire);
  assert.equal(commands.length, 50_000);
  assert.ok(copied < wire.length / 100, `copied ${copied} of ${wire.length} bytes`);
  assert.ok(allocated < wire.length * 1.1 + MAX_BLOCK_BYTES, `allocated ${allocated} for ${wire.length} bytes`);
});

Deno.test("ReceiveBuffer copies a long inline command that arrives byte by byte less than three times", () => {
  const wire = new Uint8Array(60_000).fill(0x78);
  wire[wire.length - 1] = 0x0a;
  const { copied, commands } = feed(new Decoder({ maxBulkBytes: 65_536 }), wire, 1);
  assert.equal(commands[0][0].length, wire.length - 1);
  assert.ok(copied < wire.length * 3, `copied ${copied} of ${wire.length} bytes`);
});

Deno.test("ReceiveBuffer offers larger blocks while reads fill them, up to the largest", () => {
  const buffer = new ReceiveBuffer();
  const sizes = Array.from({ length: 9 }, () => blockSize(buffer, Infinity));
  assert.deepEqual(sizes, [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 65_536, 65_536]);
});

Deno.test("ReceiveBuffer returns to the smallest block when little is read", () => {
  const buffer = new ReceiveBuffer();
  for (let i = 0; i < 9; i++) blockSize(buffer, Infinity);
  const sizes = Array.from({ length: 6 }, () => blockSize(buffer, 60));
  assert.deepEqual(sizes, [65_536, 65_536, 16_384, 4096, 1024, 1024]);
});

Deno.test("ReceiveBuffer does not count the last bytes of a large argument as a small read", () => {
  const buffer = new ReceiveBuffer();
  buffer.space(2000);
  buffer.filled(1990);
  buffer.space(2000);
  buffer.filled(10);
  buffer.start = buffer.end;
  assert.equal(buffer.space(0).length, 4 * MIN_BLOCK_BYTES);
});

Deno.test("ReceiveBuffer receives equal pipelines in one read each", () => {
  for (const bytes of [736, 1500, 5000]) {
    const buffer = new ReceiveBuffer();
    let split = 0;
    for (let i = 0; i < 100; i++) {
      for (let left = bytes; left > 0;) {
        const n = Math.min(left, buffer.space(0).length);
        if (n < left && i >= 10) split++;
        buffer.filled(n);
        left -= n;
      }
      buffer.start = buffer.end;
    }
    assert.equal(split, 0, `pipelines of ${bytes} bytes`);
  }
});

Deno.test("ReceiveBuffer never offers empty space", () => {
  const buffer = new ReceiveBuffer();
  for (let i = 0; i < 5000; i++) {
    assert.ok(buffer.space(0).length > 0);
    buffer.filled(Math.min(1 + i % 700, buffer.bytes.length - buffer.end));
    if (i % 3 === 0) buffer.start = buffer.end;
  }
});

Deno.test("ReceiveBuffer refuses more bytes than it offered", () => {
  assert.throws(() => new ReceiveBuffer().filled(MIN_BLOCK_BYTES + 1), RangeError);
});
