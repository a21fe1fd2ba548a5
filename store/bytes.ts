/**
 * Byte strings as map keys and as text for people.
 *
 * @module
 */

/** The map key of a byte string: one character for each byte, so that no two byte strings share a key. */
export function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (let i = 0; i < bytes.length; i++) key += String.fromCharCode(bytes[i]);
  return key;
}

/** Whether two byte strings are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** How many answers {@linkcode RecentCache} remembers. */
const RECENT = 4;

/** The longest that a byte string may be to be remembered: as long as the name of a queue. */
const MAX_RECENT_BYTES = 512;

/**
 * Answers questions about byte strings, and remembers the last few answers: the same few commands and queues are asked
 * for again and again, and comparing their bytes takes a tenth of the time of making a key for a map.
 */
export class RecentCache<T> {
  readonly #find: (bytes: Uint8Array) => T;
  readonly #asked: Uint8Array[] = [];
  readonly #answers: T[] = [];
  #next = 0;

  /** @param find gives the answer, which must always be the same for the same bytes */
  constructor(find: (bytes: Uint8Array) => T) {
    this.#find = find;
  }

  /** The answer for these bytes, which are copied if they are remembered. */
  get(bytes: Uint8Array): T {
    for (let i = 0; i < this.#asked.length; i++) if (sameBytes(this.#asked[i], bytes)) return this.#answers[i];
    const answer = this.#find(bytes);
    if (bytes.length > MAX_RECENT_BYTES) return answer;
    this.#asked[this.#next] = bytes.slice();
    this.#answers[this.#next] = answer;
    this.#next = (this.#next + 1) % RECENT;
    return answer;
  }
}

/** Each byte string once, in the order of the first. */
export function distinct(all: Uint8Array[]): Uint8Array[] {
  return [...new Map(all.map((bytes) => [keyOf(bytes), bytes])).values()];
}
