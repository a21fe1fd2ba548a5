/**
 * What clients that mean no good do.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import type { Attack } from "../load/attack_client.ts";

/** An attack, whatever the server. */
export interface AttackKind {
  /** What the report calls it. */
  name: string;
  /** What is done. */
  plan: Omit<Attack, "port" | "seconds">;
  /** What an honest client does before, if anything. */
  prepare?: string[][];
  /** How long it takes until all of them are there, in seconds; otherwise it is measured from the beginning. */
  settleSeconds?: number;
  /** For how long it is measured if not as long as others, in seconds: what seldom happens must happen a few times. */
  seconds?: number;
  /** Only where a password is asked for. */
  withPassword?: boolean;
}

const MIB = 1024 * 1024;
const NOTHING = new Uint8Array(0);
const QUEUE = "hostile";

/** The password of a server that is attacked with wrong ones. */
export const PASSWORD = "correct horse battery staple";

function commands(...all: string[][]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(all.flatMap((command) => [...encodeCommand(command)]));
}

function often(command: string[], times: number): Uint8Array<ArrayBuffer> {
  const one = Uint8Array.from(encodeCommand(command));
  const all = new Uint8Array(one.length * times);
  for (let i = 0; i < times; i++) all.set(one, i * one.length);
  return all;
}

const text = (line: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(line);

const FAST = { bytesEach: 0, piece: 64 * 1024, everyMs: 0 };

/** What is sent of a QLPUSH, byte by byte. */
const SLOW_PUSH = commands(["QLPUSH", QUEUE, "id", "x".repeat(4096)]);

/** All attacks; `scale` makes them smaller for a test. */
export function attacks(scale = 1): AttackKind[] {
  return [
    {
      name: "one that asks for 64 KiB again and again and never reads",
      plan: { ...FAST, connections: 1, first: NOTHING, again: often(["ECHO", "x".repeat(65_536)], 4), reads: false },
    },
    {
      name: "one that peeks at an event of 1 MiB again and again and never reads",
      prepare: [["QLPUSH", QUEUE, "large", "x".repeat(MIB)]],
      plan: { ...FAST, connections: 1, first: NOTHING, again: often(["QRPEEK", QUEUE], 1000), reads: false },
    },
    {
      name: "one that sends arguments of 512 MiB",
      plan: {
        ...FAST,
        connections: 1,
        first: text(`*4\r\n$6\r\nQLPUSH\r\n$1\r\nq\r\n$2\r\nid\r\n$${512 * MIB}\r\n`),
        again: new Uint8Array(MIB).fill(0x78),
        bytesEach: 512 * MIB,
        reads: true,
      },
    },
    {
      name: `${1000 * scale} that announce 16 MiB and send nothing`,
      plan: {
        ...FAST,
        connections: 1000 * scale,
        first: text(`*4\r\n$6\r\nQLPUSH\r\n$1\r\nq\r\n$2\r\nid\r\n$${16 * MIB}\r\nx`),
        again: NOTHING,
        reads: true,
      },
    },
    {
      name: "64 that send 15 of the 16 MiB that they have announced",
      plan: {
        ...FAST,
        connections: 64,
        first: text(`*4\r\n$6\r\nQLPUSH\r\n$1\r\nq\r\n$2\r\nid\r\n$${16 * MIB}\r\n`),
        again: new Uint8Array(MIB).fill(0x78),
        bytesEach: 15 * MIB,
        reads: true,
      },
    },
    {
      name: `${9_900 * scale} that send a byte a second`,
      settleSeconds: 4,
      seconds: 20,
      plan: {
        connections: 9_900 * scale,
        first: text("*4\r\n$6\r\nQLPUSH\r\n"),
        again: SLOW_PUSH.subarray(SLOW_PUSH.indexOf(0x24, 10)),
        bytesEach: 0,
        piece: 1,
        everyMs: 1000,
        reads: true,
      },
    },
    {
      name: "100 MB of QNOTIFYs that wait, from one",
      plan: {
        ...FAST,
        connections: 1,
        first: commands(["QREGISTER", `${QUEUE} empty`]),
        again: often(["QNOTIFY", "60"], 4000),
        reads: true,
      },
    },
    {
      name: "100 MB of QNOTIFYs that do not wait, from one",
      plan: {
        ...FAST,
        connections: 1,
        first: commands(["QREGISTER", `${QUEUE} empty`]),
        again: often(["QNOTIFY", "0"], 4000),
        bytesEach: 100_000_000,
        reads: true,
      },
    },
    {
      name: "50 that try wrong passwords",
      withPassword: true,
      plan: { ...FAST, connections: 50, first: NOTHING, again: often(["AUTH", "wrong password"], 100), reads: true },
    },
  ];
}
