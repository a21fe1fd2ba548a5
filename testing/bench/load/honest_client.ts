/**
 * A client that behaves well beside others: at even times it pushes an event or pops it, one command at a time.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { Sockets } from "./sockets.ts";

export interface Probe {
  port: number;
  /** The first command: AUTH. */
  login?: string[];
  /** Commands per second. */
  rate: number;
  seconds: number;
}

export const QUEUE = "honest";
const REPLY_TIMEOUT_MS = 30_000;

/** Returns milliseconds, in ascending order. Blocks the thread. @throws {Error} if a reply is wrong or missing */
export function measureReplies({ port, login, rate, seconds }: Probe): Float64Array {
  using sockets = new Sockets();
  sockets.connect(port, 1);
  const buffer = new Uint8Array(4096);
  const text = new TextDecoder();
  const request = (command: string[], expected: string) => {
    sockets.send(0, Uint8Array.from(encodeCommand(command)));
    let reply = "";
    while (reply.length < expected.length) {
      if (sockets.wait(REPLY_TIMEOUT_MS, () => {}) <= 0) throw new Error(`${command[0]} got no reply`);
      reply += text.decode(buffer.subarray(0, sockets.receive(0, buffer)));
    }
    if (reply !== expected) throw new Error(`${command[0]} got ${JSON.stringify(reply)}`);
  };
  if (login) request(login, "+OK\r\n");
  const times: number[] = [];
  const begin = performance.now();
  // The last command is a pop, so that nothing is left.
  for (let i = 0, due = begin; due < begin + seconds * 1000 || i % 2 === 1; i++, due += 1000 / rate) {
    const wait = due - performance.now();
    if (wait > 0) sockets.wait(wait, () => {});
    // From the due time: a server that delays one command delays those that others would have sent meanwhile.
    const since = Math.min(due, performance.now());
    const id = `${i >> 1}`;
    if (i % 2 === 0) request(["QLPUSH", QUEUE, id, "x"], "+OK\r\n");
    else request(["QRPOP", QUEUE, "NOACK"], `*2\r\n$${id.length}\r\n${id}\r\n$1\r\nx\r\n`);
    times.push(performance.now() - since);
  }
  return new Float64Array(times).sort();
}
