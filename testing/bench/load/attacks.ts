/**
 * The attacks of hostile clients.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import type { Attack } from "./attackers.ts";

export interface AttackKind {
  name: string;
  plan: Omit<Attack, "port" | "seconds">;
  /** Commands that an honest client sends before. */
  prepare?: string[][];
  /** Time until all attackers have arrived; the measurement starts after it. */
  arrivalSeconds?: number;
  /** Time of the measurement, if it differs from that of other attacks. */
  seconds?: number;
  withPassword?: boolean;
}

const MIB = 1024 * 1024;
const NOTHING = new Uint8Array(0);
const QUEUE = "hostile";

export const PASSWORD = "correct horse battery staple";

function repeat(command: string[], times: number): Uint8Array<ArrayBuffer> {
  const one = encodeCommand(command);
  const all = new Uint8Array(one.length * times);
  for (let i = 0; i < times; i++) all.set(one, i * one.length);
  return all;
}

/** The beginning of a QLPUSH, up to the announced size of its contents. */
function announce(bytes: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`*4\r\n$6\r\nQLPUSH\r\n$1\r\nq\r\n$2\r\nid\r\n$${bytes}\r\n`);
}

const ONE_FAST = { connections: 1, first: NOTHING, restartBytes: 0, piece: 64 * 1024, everyMs: 0, reads: true };
const SLOW_PUSH = repeat(["QLPUSH", QUEUE, "id", "x".repeat(4096)], 1);

/** @param scale reduces the numbers of connections, for a test */
export function attacks(scale = 1): AttackKind[] {
  return [
    {
      name: "one that sends ECHO of 64 KiB and never reads",
      plan: { ...ONE_FAST, again: repeat(["ECHO", "x".repeat(65_536)], 4), reads: false },
    },
    {
      name: "one that peeks at an event of 1 MiB and never reads",
      prepare: [["QLPUSH", QUEUE, "large", "x".repeat(MIB)]],
      plan: { ...ONE_FAST, again: repeat(["QRPEEK", QUEUE], 1000), reads: false },
    },
    {
      name: "one that sends arguments of 512 MiB",
      plan: { ...ONE_FAST, first: announce(512 * MIB), again: new Uint8Array(MIB).fill(0x78), restartBytes: 512 * MIB },
    },
    {
      name: `${1000 * scale} that announce 16 MiB and send nothing`,
      plan: {
        ...ONE_FAST,
        connections: 1000 * scale,
        first: Uint8Array.of(...announce(16 * MIB), 0x78),
        again: NOTHING,
      },
    },
    {
      name: "64 that announce 16 MiB and send 15",
      plan: {
        ...ONE_FAST,
        connections: 64,
        first: announce(16 * MIB),
        again: new Uint8Array(MIB).fill(0x78),
        restartBytes: 15 * MIB,
      },
    },
    {
      name: `${9_900 * scale} that send a byte a second`,
      arrivalSeconds: 4,
      seconds: 20, // V8 collects the garbage of that many connections rarely
      plan: {
        ...ONE_FAST,
        connections: 9_900 * scale,
        first: new TextEncoder().encode("*4\r\n$6\r\nQLPUSH\r\n"),
        again: SLOW_PUSH.subarray(SLOW_PUSH.indexOf(0x24, 10)),
        piece: 1,
        everyMs: 1000,
      },
    },
    {
      name: "one that sends 100 MB of QNOTIFY that wait",
      plan: {
        ...ONE_FAST,
        first: repeat(["QREGISTER", `${QUEUE} empty`], 1),
        again: repeat(["QNOTIFY", "60"], 4000),
      },
    },
    {
      name: "one that sends 100 MB of QNOTIFY that do not wait",
      plan: {
        ...ONE_FAST,
        first: repeat(["QREGISTER", `${QUEUE} empty`], 1),
        again: repeat(["QNOTIFY", "0"], 4000),
        restartBytes: 100_000_000,
      },
    },
    {
      name: "50 that try wrong passwords",
      withPassword: true,
      plan: { ...ONE_FAST, connections: 50, again: repeat(["AUTH", "wrong password"], 100) },
    },
  ];
}
