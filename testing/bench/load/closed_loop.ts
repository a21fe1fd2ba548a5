/**
 * A closed-loop load: each connection sends a burst of commands, waits for all replies, which are checked, and sends the
 * next. Ids follow a fixed sequence, so that what was pushed can be acknowledged.
 *
 * @module
 */
import { Sockets } from "./sockets.ts";
import { ID_DIGITS, type Step } from "./step.ts";

/** Ends after `events` or `seconds`. */
export interface Load {
  port: number;
  connections: number;
  pipeline: number;
  /** A connection sends a burst of each, over and over. */
  steps: Step[];
  /** A connection sends it once, at first. */
  join?: Step;
  /** How often the steps are done in all. */
  events?: number;
  seconds?: number;
  firstId?: number;
}

export interface LoadResult {
  events: number;
  rate: number;
  /** Start, as in `Date.now()`. */
  began: number;
  /** Events in each tenth of a second. */
  tenths: number[];
}

const REPLY_TIMEOUT_MS = 30_000;
/**
 * Ids are the multiples of this number modulo 10¹², each once: scattered like UUIDs, the harder case for an index, and
 * yet predictable. Exact up to nine million ids.
 */
const SCATTER = 982_451_653;
const RECEIVE_BYTES = 1024 * 1024;
const LF = 10;
const CR = 13;
const SPACE = 32;

const text = new TextDecoder();

/** Blocks the thread. @throws {Error} if a reply is not the expected one, or missing */
export function runLoad(load: Load): LoadResult {
  using sockets = new Sockets();
  sockets.connect(load.port, load.connections);
  const { join, pipeline } = load;
  const steps = [...load.steps, ...join ? [join] : []];
  const bursts = steps.map((step) => new Burst(step, pipeline));
  const buffer = new Uint8Array(RECEIVE_BYTES);
  const connections = Array.from({ length: load.connections }, () => new Connection());
  const limit = load.events ?? Infinity;
  const tenths: number[] = [];
  let nextId = load.firstId ?? 0, started = 0, events = 0, open = 0;
  const began = Date.now();
  const begin = performance.now();
  const end = begin + (load.seconds ?? Infinity) * 1000;
  let now = begin;

  const send = (socket: number) => {
    const at = connections[socket];
    if (join && !at.joined) {
      at.joined = true;
      at.step = steps.length - 1;
      at.burst = 1;
    } else if (at.step === 0) {
      at.burst = Math.min(pipeline, limit - started);
      if (at.burst <= 0 || now >= end) return void open--;
      started += at.burst;
    }
    const step = steps[at.step];
    const commands = Math.ceil(at.burst / (step.events ?? 1));
    at.linesLeft = commands * step.lines;
    at.line = 0;
    sockets.send(socket, bursts[at.step].bytes(commands, () => nextId++, at.popped));
  };
  const receive = (socket: number) => {
    const at = connections[socket];
    at.read(buffer.subarray(0, sockets.receive(socket, buffer)), steps[at.step]);
    if (at.linesLeft > 0) return;
    const joined = at.step === load.steps.length;
    at.step = joined ? 0 : (at.step + 1) % load.steps.length;
    if (at.step === 0 && !joined) {
      events += at.burst;
      const tenth = Math.floor((now - begin) / 100);
      tenths[tenth] = (tenths[tenth] ?? 0) + at.burst;
    }
    send(socket);
  };

  open = load.connections;
  for (let socket = 0; socket < load.connections; socket++) send(socket);
  while (open > 0) {
    const ready = sockets.wait(REPLY_TIMEOUT_MS, receive);
    now = performance.now();
    if (ready <= 0) throw new Error(`The server on port ${load.port} sent nothing for ${REPLY_TIMEOUT_MS / 1000} s`);
  }
  return { events, rate: events / (now - begin) * 1000, began, tenths: Array.from(tenths, (count) => count ?? 0) };
}

/** The bytes are written once; only the ids change. */
class Burst {
  #bytes: Uint8Array<ArrayBuffer>;
  #commandLength: number;
  #step: Step;

  constructor(step: Step, pipeline: number) {
    this.#step = step;
    this.#commandLength = step.head.length + (step.id === "none" ? 0 : ID_DIGITS) + step.tail.length;
    this.#bytes = new Uint8Array(this.#commandLength * pipeline);
    for (let i = 0; i < pipeline; i++) {
      this.#bytes.set(step.head, i * this.#commandLength);
      this.#bytes.set(step.tail, (i + 1) * this.#commandLength - step.tail.length);
    }
  }

  /** Valid until the next call. */
  bytes(count: number, nextId: () => number, popped: Uint8Array[]): Uint8Array<ArrayBuffer> {
    const { head, id, tail } = this.#step;
    let length = this.#commandLength * count;
    for (let i = 0; i < count && id === "sequence"; i++) {
      let digits = nextId() * SCATTER % 10 ** ID_DIGITS;
      const first = i * this.#commandLength + head.length;
      for (let at = first + ID_DIGITS - 1; at >= first; at--) {
        this.#bytes[at] = 48 + digits % 10;
        digits = Math.floor(digits / 10);
      }
    }
    if (id === "popped") {
      // Ids of other servers may be shorter, so the commands move.
      length = 0;
      for (const one of popped.splice(0, count)) {
        for (const part of [head, one, tail]) {
          this.#bytes.set(part, length);
          length += part.length;
        }
      }
    }
    return this.#bytes.subarray(0, length);
  }
}

class Connection {
  joined = false;
  /** Index of the current step; that of `join` comes after the others. */
  step = 0;
  /** Events of the current burst. */
  burst = 0;
  linesLeft = 0;
  /** The next line, within its reply. */
  line = 0;
  /** Ids that are not acknowledged yet. */
  popped: Uint8Array[] = [];
  #rest = new Uint8Array(0);

  /** Reads the complete lines, and keeps the rest. */
  read(bytes: Uint8Array, step: Step): void {
    if (this.#rest.length > 0) {
      const all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
      bytes = all;
    }
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      if (this.line === 0) check(bytes, start, end, step.expect);
      if (step.popped && hasId(step.popped, this.line)) {
        const from = start + step.popped.from;
        let to = from;
        while (bytes[to] !== CR && bytes[to] !== SPACE) to++;
        this.popped.push(bytes.slice(from, to));
      }
      this.line = (this.line + 1) % step.lines;
      this.linesLeft--;
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
  }
}

function hasId({ line, every }: NonNullable<Step["popped"]>, at: number): boolean {
  return at === line || (every !== undefined && at > line && (at - line) % every === 0);
}

function check(bytes: Uint8Array, start: number, end: number, expect: Uint8Array): void {
  for (let i = 0; i < expect.length; i++) {
    if (bytes[start + i] === expect[i]) continue;
    const line = text.decode(bytes.subarray(start, end)).trimEnd();
    throw new Error(`Expected a reply that begins with ${text.decode(expect)}, got ${line}`);
  }
}
