/**
 * Reads large contents of delivered events, which the script leaves where they are. Redis sends them in short pieces, so
 * that other calls are answered in between, and few contents do not wait for many.
 *
 * @module
 */
import { Buffer } from "../../../deps.ts";
import type { Event } from "../../store.ts";
import type { Args, Link } from "../connection/link.ts";
import { setContents } from "../script/event_header.ts";
import type { UnreadEvent } from "../script/operations.ts";

/** Read in one step: about half a millisecond of okq. Contents up to this size are received where they stay. */
const STEP_BYTES = 512 * 1024;
/** Shortest pause between such steps: its timer lets the runtime look at all sockets. */
const MIN_PAUSE_MS = 1;
/** Time that is left to other work while there are many to read, for each moment of reading. */
const REST = 5;
/** An operation whose events have less is not kept waiting by others. */
const FEW_BYTES = 64 * 1024;

/** The events of one operation. */
interface Read {
  unread: UnreadEvent[];
  /** Events that are read, or requested. */
  events: number;
  /** Bytes of the next one that are read, or requested. */
  offset: number;
  gone: Set<Event>;
  resolve(gone: Set<Event>): void;
  reject(error: unknown): void;
}

interface Piece {
  read: Read;
  unread: UnreadEvent;
  key: Buffer;
  from: number;
  /** Behind the last byte. */
  to: number;
}

export class ContentsReader {
  readonly #link: Link;
  readonly #few: Read[] = [];
  readonly #many: Read[] = [];
  #reading: Promise<void> | undefined;
  #endRest: () => void = () => {};

  constructor(link: Link) {
    this.#link = link;
  }

  get busy(): boolean {
    return this.#reading !== undefined;
  }

  /** Resolves when nothing is being read. */
  get idle(): Promise<void> {
    return this.#reading ?? Promise.resolve();
  }

  /**
   * Reads the contents of events, and resolves to the events that were removed in the meantime.
   * @throws {StoreUnavailable} if Redis cannot be reached
   */
  read(unread: UnreadEvent[]): Promise<Set<Event>> {
    const bytes = unread.reduce((sum, { size }) => sum + size, 0);
    return new Promise((resolve, reject) => {
      const read = { unread, events: 0, offset: 0, gone: new Set<Event>(), resolve, reject };
      (bytes <= FEW_BYTES ? this.#few : this.#many).push(read);
      if (this.#few.length > 0) this.#endRest();
      this.#reading ??= this.#readAll();
    });
  }

  /** While there are many, most of the time is left to other work. */
  async #readAll(): Promise<void> {
    while (this.#few.length + this.#many.length > 0) {
      const since = performance.now();
      await this.#step();
      if (this.#few.length === 0 && this.#many.length > 0) await this.#rest(REST * (performance.now() - since));
    }
    this.#reading = undefined;
  }

  /** Until there are few contents to read, or for some time. */
  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(ms, MIN_PAUSE_MS));
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #step(): Promise<void> {
    const reads = new Set<Read>();
    const pieces: Piece[] = [];
    for (let bytes = 0; bytes < STEP_BYTES;) {
      const line = this.#few.length > 0 ? this.#few : this.#many;
      if (line.length === 0) break;
      const read = line[0];
      reads.add(read);
      const piece = nextPiece(read, STEP_BYTES - bytes);
      if (piece) {
        pieces.push(piece);
        bytes += piece.to - piece.from;
      }
      if (read.events === read.unread.length) line.shift();
    }
    try {
      await this.#readPieces(pieces);
      for (const read of reads) if (read.events === read.unread.length) read.resolve(read.gone);
    } catch (error) {
      for (const read of reads) {
        for (const line of [this.#few, this.#many]) if (line[0] === read) line.shift();
        read.reject(error);
      }
    }
  }

  async #readPieces(pieces: Piece[]): Promise<void> {
    if (pieces.length === 0) return;
    const commands = pieces.map((piece): Args =>
      isWhole(piece) ? ["GET", piece.key] : ["GETRANGE", piece.key, `${piece.from}`, `${piece.to - 1}`]
    );
    const done = pieces.filter(({ unread, to }) => unread.isRemoved && to === unread.size);
    commands.push(...done.map(({ key }) => ["UNLINK", key]));
    const replies = await this.#send(commands) as (Buffer | null)[];
    for (const [i, piece] of pieces.entries()) addBytes(piece, replies[i]);
  }

  /** In a Cluster, a call has one key only: of a slot that moves, some keys are at one node and some at another. */
  async #send(commands: Args[]): Promise<unknown[]> {
    const calls = this.#link.batchers === 1 ? [commands] : commands.map((command) => [command]);
    return (await Promise.all(calls.map((call) => this.#link.sendApart(String(call[0][1]), call)))).flat();
  }
}

const isWhole = ({ unread, from, to }: Piece) => to - from === unread.size;

/** Undefined if everything is requested. */
function nextPiece(read: Read, maxBytes: number): Piece | undefined {
  while (read.events < read.unread.length) {
    const unread = read.unread[read.events];
    if (unread.key !== null && !read.gone.has(unread.event)) {
      const from = read.offset;
      const to = Math.min(unread.size, from + maxBytes);
      read.offset = to;
      if (to === unread.size) {
        read.offset = 0;
        read.events++;
      }
      return { read, unread, key: Buffer.from(unread.key), from, to };
    }
    read.gone.add(unread.event);
    read.offset = 0;
    read.events++;
  }
  return undefined;
}

/** A missing key is read as null or as no bytes. */
function addBytes(piece: Piece, bytes: Buffer | null): void {
  const { read, unread: { event, size, metaBytes }, from, to } = piece;
  if (bytes?.length !== to - from) return void read.gone.add(event);
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isWhole(piece)) return setContents(event, view, metaBytes);
  if (from === 0) event.contents = new Uint8Array(size);
  event.contents.set(view, from);
  if (to === size) setContents(event, event.contents, metaBytes);
}
