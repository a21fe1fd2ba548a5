/**
 * An honest client beside others: at even times it pushes an event or pops it, one command at a time, and notes how long
 * each took.
 *
 * @module
 */
import { encodeCommand } from "../../../resp/client/encode_command.ts";
import { Sockets } from "./sockets.ts";

/** What to measure; can be sent to a worker. */
export interface Probe {
  /** Where, on the loopback interface. */
  port: number;
  /** What it says first, if anything: its password. */
  login?: string[];
  /** Commands a second. */
  rate: number;
  /** For how long. */
  seconds: number;
}

const QUEUE = "honest";
const SILENCE_MS = 30_000;

/**
 * Measures; every time is in milliseconds, in ascending order. Blocks the thread.
 * @throws {Error} if a reply is not what it should be, or does not come
 */
export function timeAnswers({ port, login, rate, seconds }: Probe): Float64Array {
  using sockets = new Sockets();
  sockets.connect(port, 1);
  const received = new Uint8Array(4096);
  const text = new TextDecoder();
  const ask = (command: string[], expected: string) => {
    sockets.send(0, Uint8Array.from(encodeCommand(command)));
    let reply = "";
    while (reply.length < expected.length) {
      if (sockets.wait(SILENCE_MS, () => {}) <= 0) throw new Error(`${command[0]} got no answer`);
      reply += text.decode(received.subarray(0, sockets.receive(0, received)));
    }
    if (reply !== expected) throw new Error(`${command[0]} got ${JSON.stringify(reply)}`);
  };
  if (login) ask(login, "+OK\r\n");
  const times: number[] = [];
  const begin = performance.now();
  // What was pushed is popped, however the time is divided.
  for (let i = 0, due = begin; due < begin + seconds * 1000 || i % 2 === 1; i++, due += 1000 / rate) {
    const wait = due - performance.now();
    if (wait > 0) sockets.wait(wait, () => {});
    // From when it was due: a server that holds one command up holds up those that others would have sent meanwhile.
    const since = Math.min(due, performance.now());
    const id = `${i >> 1}`;
    if (i % 2 === 0) ask(["QLPUSH", QUEUE, id, "x"], "+OK\r\n");
    else ask(["QRPOP", QUEUE, "NOACK"], `*2\r\n$${id.length}\r\n${id}\r\n$1\r\nx\r\n`);
    times.push(performance.now() - since);
  }
  return new Float64Array(times).sort();
}
