/**
 * How long it takes from a push to the answer of a consumer that waits for it. The loop is the same whatever the
 * server: consumers wait, each on a queue of its own; at even times an event is pushed for the one that has waited
 * longest; its answer ends the time; it takes the event and waits again.
 *
 * @module
 */
import { Sockets } from "./sockets.ts";

/** How a server is asked; each is the bytes and the lines of the reply. */
export interface Bell {
  /** What a consumer says first, if anything. */
  join?: Question;
  /** Waits. */
  wait: Question;
  /** Takes the event that it was told of, if telling has not taken it. */
  take?: Question;
  /** Pushes an event for this consumer. */
  push: Question;
}

/** Bytes to send, and how many lines come back. */
export interface Question {
  /** What is sent. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Lines of the reply. */
  lines: number;
}

/** What to measure. */
export interface Latency {
  /** Where, on the loopback interface. */
  port: number;
  /** The consumers. */
  bells: Bell[];
  /** Events a second. */
  rate: number;
  /** For how long. */
  seconds: number;
}

/** A consumer waits a moment before it counts as waiting: its command must have reached the server. */
const SETTLE_MS = 1;
const SILENCE_MS = 10_000;
const LF = 10;
const MINUS = 45;

/** Measures; every time is in milliseconds, in ascending order. Blocks the thread. */
export function timeWaking({ port, bells, rate, seconds }: Latency): Float64Array {
  using sockets = new Sockets();
  sockets.connect(port, bells.length + 1);
  const pusher = bells.length;
  const received = new Uint8Array(65536);
  const linesToCome = bells.map(() => 0);
  const waiting: { consumer: number; since: number }[] = [];
  const pushedAt = new Map<number, number>();
  const times: number[] = [];
  let heard = performance.now();

  const linesOf = (socket: number): number => {
    const bytes = received.subarray(0, sockets.receive(socket, received));
    if (bytes[0] === MINUS) throw new Error(new TextDecoder().decode(bytes));
    let lines = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
    return lines;
  };
  const wait = (consumer: number, first: Question | undefined) => {
    const { wait } = bells[consumer];
    sockets.send(consumer, first ? Uint8Array.of(...first.bytes, ...wait.bytes) : wait.bytes);
    linesToCome[consumer] = first?.lines ?? 0;
    if (!first) ready(consumer);
  };
  const ready = (consumer: number) => {
    linesToCome[consumer] = bells[consumer].wait.lines;
    waiting.push({ consumer, since: performance.now() });
  };
  const receive = (socket: number) => {
    const now = heard = performance.now();
    const lines = linesOf(socket);
    if (socket === pusher) return;
    const pushed = pushedAt.get(socket);
    linesToCome[socket] -= lines;
    if (linesToCome[socket] > 0) return;
    if (pushed === undefined) return ready(socket);
    times.push(now - pushed);
    pushedAt.delete(socket);
    wait(socket, bells[socket].take);
  };

  bells.forEach(({ join }, consumer) => wait(consumer, join));
  while (waiting.length < bells.length) sockets.wait(SILENCE_MS, receive);
  const begin = heard = performance.now();
  for (let due = begin, now = begin; now < begin + seconds * 1000 || pushedAt.size > 0; now = performance.now()) {
    const over = now >= begin + seconds * 1000;
    const longest = waiting[0];
    if (!over && now >= due && longest && now - longest.since >= SETTLE_MS) {
      const { consumer } = waiting.shift()!;
      pushedAt.set(consumer, performance.now());
      sockets.send(pusher, bells[consumer].push.bytes);
      due += 1000 / rate;
      continue;
    }
    sockets.wait(Math.max(over ? 100 : Math.min(due - now, 100), longest ? 0.05 : 0.2), receive);
    if (pushedAt.size > 0 && now - heard > SILENCE_MS) throw new Error(`No consumer was told for ${SILENCE_MS} ms`);
  }
  return new Float64Array(times).sort();
}
