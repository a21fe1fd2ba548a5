/**
 * The MessagePack that travels between okq and its script: arrays of byte strings and numbers, of arrays of these in
 * calls, and of errors in replies.
 *
 * Libraries write bytes as MessagePack's `bin` and read strings as UTF-8; the `cmsgpack` of Redis knows no `bin`, and
 * event ids are not text.
 *
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md
 * @module
 */
import { Buffer } from "../../../deps.ts";

const NIL = 0xc0;
const FALSE = 0xc2;
const DOUBLE = 0xcb;
const UINT8 = 0xcc;
const UINT16 = 0xcd;
const UINT32 = 0xce;
const UINT64 = 0xcf;
const STR8 = 0xd9;
const STR16 = 0xda;
const STR32 = 0xdb;
const ARRAY16 = 0xdc;
const ARRAY32 = 0xdd;

const FIRST_BYTES = 1024;

export class Packer {
  #bytes: Uint8Array = Buffer.allocUnsafe(FIRST_BYTES); // of a pool: a Uint8Array of its own takes a microsecond longer
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  #length = 5; // the array's header, written last
  #elements = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of its buffer. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Begins another array, in the same buffer. */
  clear(): void {
    this.#length = 5;
    this.#elements = 0;
  }

  /** Adds an integer below 2^32 and returns its position, for {@linkcode Packer.increment}. */
  uint(value: number): number {
    this.#reserve(5);
    const position = this.#length;
    this.#bytes[position] = UINT32;
    this.#view.setUint32(position + 1, value);
    this.#length += 5;
    this.#elements++;
    return position;
  }

  increment(position: number): void {
    this.#view.setUint32(position + 1, this.#view.getUint32(position + 1) + 1);
  }

  double(value: number): void {
    this.#reserve(9);
    this.#bytes[this.#length] = DOUBLE;
    this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
    this.#elements++;
  }

  /** Adds a copy of a byte string. */
  bytes(value: Uint8Array): void {
    this.#reserve(5 + value.length);
    if (value.length < 256) {
      this.#bytes[this.#length++] = STR8;
      this.#bytes[this.#length++] = value.length;
    } else {
      this.#bytes[this.#length++] = STR32;
      this.#view.setUint32(this.#length, value.length);
      this.#length += 4;
    }
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    this.#elements++;
  }

  /** Begins an array inside: the next `length` elements are its own. */
  array(length: number): void {
    this.#reserve(5);
    this.#bytes[this.#length] = ARRAY32;
    this.#view.setUint32(this.#length + 1, length);
    this.#length += 5;
    this.#elements += 1 - length;
  }

  /** Nothing may be added after this. The bytes are valid until it is cleared. */
  finish(): Uint8Array {
    this.#bytes[0] = ARRAY32;
    this.#view.setUint32(1, this.#elements);
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads one flat array of `cmsgpack.pack`. Byte strings are views of it. */
export class Unpacker {
  #bytes: Uint8Array;
  #lazyView: DataView | undefined; // small replies need none
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A plain view: the driver's replies are Buffers, whose parts take ten times as long to make.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#arrayHeader();
  }

  get #view(): DataView {
    return this.#lazyView ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next element, if it is an error. */
  error(): string | null {
    const tag = this.#bytes[this.#at];
    if (tag < 0x90 || (tag > 0x9f && tag < ARRAY16) || tag > ARRAY32) return null;
    this.#arrayHeader();
    return new TextDecoder().decode(this.bytes() ?? undefined);
  }

  /** The next element, a non-negative integer. */
  uint(): number {
    const tag = this.#bytes[this.#at++];
    if (tag < 0x80) return tag;
    const at = this.#at;
    switch (tag) {
      case UINT8:
        this.#at += 1;
        return this.#bytes[at];
      case UINT16:
        this.#at += 2;
        return this.#view.getUint16(at);
      case UINT32:
        this.#at += 4;
        return this.#view.getUint32(at);
      case UINT64:
        this.#at += 8;
        return Number(this.#view.getBigUint64(at));
    }
    throw new Error(`Cannot read a number from the store's reply: unexpected byte ${tag}`);
  }

  /** The next element, a byte string, or null. */
  bytes(): Uint8Array | null {
    const tag = this.#bytes[this.#at++];
    if (tag === NIL || tag === FALSE) return null;
    const length = this.#stringLength(tag);
    return this.#bytes.subarray(this.#at, this.#at += length);
  }

  #stringLength(tag: number): number {
    const at = this.#at;
    if (tag >= 0xa0 && tag <= 0xbf) return tag & 0x1f;
    switch (tag) {
      case STR8:
        this.#at += 1;
        return this.#bytes[at];
      case STR16:
        this.#at += 2;
        return this.#view.getUint16(at);
      case STR32:
        this.#at += 4;
        return this.#view.getUint32(at);
    }
    throw new Error(`Cannot read a string from the store's reply: unexpected byte ${tag}`);
  }

  #arrayHeader(): void {
    const tag = this.#bytes[this.#at++];
    if (tag === ARRAY16) this.#at += 2;
    else if (tag === ARRAY32) this.#at += 4;
    else if (tag < 0x90 || tag > 0x9f) throw new Error(`Cannot read the store's reply: unexpected byte ${tag}`);
  }
}
