/**
 * Byte strings.
 *
 * @module
 */
import { MAX_QUEUE_BYTES } from "./limits.ts";

/** A map key: one character a byte, so that no two byte strings share a key. */
export function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (let i = 0; i < bytes.length; i++) key += String.fromCharCode(bytes[i]);
  return key;
}

/** The bytes of a map key of {@linkcode keyOf}. */
export function bytesOfKey(key: string): Uint8Array {
  return Uint8Array.from(key, (character) => character.charCodeAt(0));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** For sorting; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Keeps the first of equal byte strings, in order. */
export function distinct(all: Uint8Array[]): Uint8Array[] {
  return [...new Map(all.map((bytes) => [keyOf(bytes), bytes])).values()];
}

const CACHE_SIZE = 4;

const MAX_CACHED_BYTES = MAX_QUEUE_BYTES;

/**
 * Caches the results of a pure function for its last few arguments. Commands and queues repeat, and comparing their
 * bytes takes a tenth of the time of making a map key.
 */
export class RecentCache<T> {
  readonly #compute: (bytes: Uint8Array) => T;
  readonly #arguments: Uint8Array[] = [];
  readonly #results: T[] = [];
  #next = 0;

  constructor(compute: (bytes: Uint8Array) => T) {
    this.#compute = compute;
  }

  get(bytes: Uint8Array): T {
    for (let i = 0; i < this.#arguments.length; i++) if (sameBytes(this.#arguments[i], bytes)) return this.#results[i];
    const result = this.#compute(bytes);
    if (bytes.length > MAX_CACHED_BYTES) return result;
    this.#arguments[this.#next] = bytes.slice();
    this.#results[this.#next] = result;
    this.#next = (this.#next + 1) % CACHE_SIZE;
    return result;
  }
}

/** Longer than any command name, option word or number. */
export const MAX_WORD_BYTES = 64;

const LOWER_A = 0x61;
const LOWER_Z = 0x7a;

const words = new RecentCache(upperCase);

/**
 * A command name or option word in upper case. Only ASCII letters change, so that no other letter is mistaken for one.
 * Empty for more than {@linkcode MAX_WORD_BYTES}.
 */
export function word(bytes: Uint8Array): string {
  return words.get(bytes);
}

function upperCase(bytes: Uint8Array): string {
  if (bytes.length > MAX_WORD_BYTES) return "";
  let upper = "";
  for (const byte of bytes) upper += String.fromCharCode(byte >= LOWER_A && byte <= LOWER_Z ? byte - 32 : byte);
  return upper;
}
