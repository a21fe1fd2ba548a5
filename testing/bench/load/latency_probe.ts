/**
 * Measures the time from a push to the reply of a waiting consumer, in the same way for every server: consumers wait,
 * each on a queue of its own; at even times an event is pushed for the one that has waited longest.
 *
 * @module
 */
import { Sockets } from "./sockets.ts";

/** A command and the number of lines of its reply. */
export interface Exchange {
  bytes: Uint8Array<ArrayBuffer>;
  lines: number;
}

export interface ConsumerCommands {
  join?: Exchange;
  wait: Exchange;
  /** Takes the event, if `wait` does not. */
  take?: Exchange;
  push: Exchange;
}

export interface Latency {
  port: number;
  consumers: ConsumerCommands[];
  rate: number;
  seconds: number;
}

/** A consumer counts as waiting after this time: its command must have arrived. */
const ARRIVAL_MS = 1;
const TIMEOUT_MS = 10_000;
const LF = 10;
const MINUS = 45;

/** Returns milliseconds, in ascending order. Blocks the thread. */
export function measureLatency({ port, consumers, rate, seconds }: Latency): Float64Array {
  using sockets = new Sockets();
  sockets.connect(port, consumers.length + 1);
  const producer = consumers.length;
  const buffer = new Uint8Array(65536);
  const linesLeft = consumers.map(() => 0);
  const waiting: { consumer: number; since: number }[] = [];
  const pushedAt = new Map<number, number>();
  const times: number[] = [];
  let lastReply = performance.now();

  const receiveLines = (socket: number): number => {
    const bytes = buffer.subarray(0, sockets.receive(socket, buffer));
    if (bytes[0] === MINUS) throw new Error(new TextDecoder().decode(bytes));
    let lines = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
    return lines;
  };
  const wait = (consumer: number, before: Exchange | undefined) => {
    const { wait } = consumers[consumer];
    sockets.send(consumer, before ? Uint8Array.of(...before.bytes, ...wait.bytes) : wait.bytes);
    linesLeft[consumer] = before?.lines ?? 0;
    if (!before) waits(consumer);
  };
  const waits = (consumer: number) => {
    linesLeft[consumer] = consumers[consumer].wait.lines;
    waiting.push({ consumer, since: performance.now() });
  };
  const receive = (socket: number) => {
    const now = lastReply = performance.now();
    const lines = receiveLines(socket);
    if (socket === producer) return;
    const pushed = pushedAt.get(socket);
    linesLeft[socket] -= lines;
    if (linesLeft[socket] > 0) return;
    if (pushed === undefined) return waits(socket);
    times.push(now - pushed);
    pushedAt.delete(socket);
    wait(socket, consumers[socket].take);
  };

  consumers.forEach(({ join }, consumer) => wait(consumer, join));
  while (waiting.length < consumers.length) sockets.wait(TIMEOUT_MS, receive);
  const begin = lastReply = performance.now();
  for (let due = begin, now = begin; now < begin + seconds * 1000 || pushedAt.size > 0; now = performance.now()) {
    const over = now >= begin + seconds * 1000;
    const longest = waiting[0];
    if (!over && now >= due && longest && now - longest.since >= ARRIVAL_MS) {
      const { consumer } = waiting.shift()!;
      pushedAt.set(consumer, performance.now());
      sockets.send(producer, consumers[consumer].push.bytes);
      due += 1000 / rate;
      continue;
    }
    sockets.wait(Math.max(over ? 100 : Math.min(due - now, 100), longest ? 0.05 : 0.2), receive);
    if (pushedAt.size > 0 && now - lastReply > TIMEOUT_MS) {
      throw new Error(`No consumer was notified for ${TIMEOUT_MS} ms`);
    }
  }
  return new Float64Array(times).sort();
}
