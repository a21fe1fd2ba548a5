/**
 * A closed-loop load: each connection sends a burst of commands, waits for all replies, and sends the next. Ids follow a
 * fixed sequence, so that what was pushed can be acknowledged; every reply is checked.
 *
 * @module
 */
import { Sockets } from "./sockets.ts";
import { ID_DIGITS, type Step } from "./step.ts";

/** What to do. */
export interface Load {
  /** Where to, on the loopback interface. */
  port: number;
  /** Connections at once. */
  connections: number;
  /** Commands that a connection sends before it waits for replies. */
  pipeline: number;
  /** What a connection does in turn, over and over, a burst of each. */
  steps: Step[];
  /** What a connection does once, before. */
  join?: Step;
  /** How often the steps are to be done in all; without it, for `seconds`. */
  events?: number;
  /** For how long at the most. */
  seconds?: number;
  /** The first id of the sequence. */
  firstId?: number;
}

/** What came of it. */
export interface Done {
  /** How often all steps were done. */
  events: number;
  /** How often in a second. */
  rate: number;
  /** When it began, as in `Date.now()`. */
  began: number;
  /** How often in each tenth of a second since. */
  tenths: number[];
}

/** Patience with a server that answers nothing, in milliseconds. */
const SILENCE_MS = 30_000;
/**
 * Ids are the multiples of this number modulo 10¹², each once: scattered like hashes and UUIDs, which is the harder case for
 * an index, and known beforehand all the same. Exact up to nine million ids.
 */
const SCATTER = 982_451_653;
const RECEIVE_BYTES = 1024 * 1024;
const LF = 10;
const CR = 13;
const SPACE = 32;

const text = new TextDecoder();

/** Makes the load, and returns when all of it is answered. Blocks the thread. */
export function drive(load: Load): Done {
  using sockets = new Sockets();
  sockets.connect(load.port, load.connections);
  const { join, pipeline } = load;
  const steps = [...load.steps, ...join ? [join] : []];
  const patterns = steps.map((step) => new Burst(step, pipeline));
  const received = new Uint8Array(RECEIVE_BYTES);
  const connections = Array.from({ length: load.connections }, () => new Progress());
  const limit = load.events ?? Infinity;
  const tenths: number[] = [];
  let nextId = load.firstId ?? 0, begun = 0, events = 0, open = 0;
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
      at.burst = Math.min(pipeline, limit - begun);
      if (at.burst <= 0 || now >= end) return void open--;
      begun += at.burst;
    }
    const step = steps[at.step];
    const commands = Math.ceil(at.burst / (step.events ?? 1));
    at.lines = commands * step.lines;
    at.line = 0;
    sockets.send(socket, patterns[at.step].bytes(commands, () => nextId++, at.popped));
  };
  const receive = (socket: number) => {
    const at = connections[socket];
    at.read(received.subarray(0, sockets.receive(socket, received)), steps[at.step]);
    if (at.lines > 0) return;
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
    const ready = sockets.wait(SILENCE_MS, receive);
    now = performance.now();
    if (ready <= 0) throw new Error(`The server on port ${load.port} answered nothing for ${SILENCE_MS / 1000} s`);
  }
  return { events, rate: events / (now - begin) * 1000, began, tenths: Array.from(tenths, (count) => count ?? 0) };
}

/** The bytes of a burst of one step; where ids go is known beforehand. */
class Burst {
  #bytes: Uint8Array<ArrayBuffer>;
  #each: number;
  #step: Step;

  constructor(step: Step, pipeline: number) {
    this.#step = step;
    this.#each = step.head.length + (step.id === "none" ? 0 : ID_DIGITS) + step.tail.length;
    this.#bytes = new Uint8Array(this.#each * pipeline);
    for (let i = 0; i < pipeline; i++) {
      this.#bytes.set(step.head, i * this.#each);
      this.#bytes.set(step.tail, (i + 1) * this.#each - step.tail.length);
    }
  }

  /** Valid until the next call. */
  bytes(count: number, nextId: () => number, popped: Uint8Array[]): Uint8Array<ArrayBuffer> {
    const { head, id, tail } = this.#step;
    let length = this.#each * count;
    for (let i = 0; i < count && id === "sequence"; i++) {
      let digits = nextId() * SCATTER % 10 ** ID_DIGITS;
      const first = i * this.#each + head.length;
      for (let at = first + ID_DIGITS - 1; at >= first; at--) {
        this.#bytes[at] = 48 + digits % 10;
        digits = Math.floor(digits / 10);
      }
    }
    if (id === "popped") {
      // An id of another server may be shorter than ours, so everything is set anew.
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

/** How far a connection is. */
class Progress {
  /** Whether it has done what is done once. */
  joined = false;
  /** Which step it does; the one that is done once comes after the others. */
  step = 0;
  /** How many of it it has sent. */
  burst = 0;
  /** Lines of replies that are still to come. */
  lines = 0;
  /** Which line of a reply is next. */
  line = 0;
  /** The ids that it popped and has not acknowledged. */
  popped: Uint8Array[] = [];
  #rest = new Uint8Array(0);

  /** Takes the lines of what was received, and keeps what follows the last. */
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
      if (step.popped && isPopped(step.popped, this.line)) {
        const from = start + step.popped.from;
        let to = from;
        while (bytes[to] !== CR && bytes[to] !== SPACE) to++;
        this.popped.push(bytes.slice(from, to));
      }
      this.line = (this.line + 1) % step.lines;
      this.lines--;
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
  }
}

function isPopped({ line, every }: NonNullable<Step["popped"]>, at: number): boolean {
  return at === line || (every !== undefined && at > line && (at - line) % every === 0);
}

function check(bytes: Uint8Array, start: number, end: number, expect: Uint8Array): void {
  for (let i = 0; i < expect.length; i++) {
    if (bytes[start + i] === expect[i]) continue;
    const got = text.decode(bytes.subarray(start, end)).trimEnd();
    throw new Error(`Expected a reply that begins with ${text.decode(expect)}, got ${got}`);
  }
}
