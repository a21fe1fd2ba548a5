/**
 * Glob patterns as in Redis.
 *
 * @module
 */

/** `*`, or a test of one character. */
type Part = "any characters" | ((character: string) => boolean);

const ANY = () => true;

/**
 * `*` is any characters, `?` one character, `[abc]`, `[a-z]` and `[^abc]` are one of a set; a backslash makes the next
 * character literal.
 */
export class Glob {
  readonly #parts: Part[] = [];

  /** @param sets false makes brackets literal */
  constructor(pattern: string, { sets = true } = {}) {
    for (let at = 0; at < pattern.length;) {
      const character = pattern[at++];
      if (character === "*") this.#parts.push("any characters");
      else if (character === "?") this.#parts.push(ANY);
      else if (character === "[" && sets) at = this.#addSet(pattern, at);
      else {
        const literal = character === "\\" && at < pattern.length ? pattern[at++] : character;
        this.#parts.push((character) => character === literal);
      }
    }
  }

  /**
   * The time is at most proportional to the product of both lengths; a regular expression could take exponential time
   * for a text that a client chooses.
   */
  matches(text: string): boolean {
    const parts = this.#parts;
    let p = 0;
    let t = 0;
    let star = -1; // index of the last `*`, which so far matches up to `starEnd`
    let starEnd = 0;
    while (t < text.length) {
      const part = parts[p];
      if (part === "any characters") {
        star = p++;
        starEnd = t;
      } else if (part?.(text[t])) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++starEnd;
      } else return false;
    }
    while (parts[p] === "any characters") p++;
    return p === parts.length;
  }

  /** Adds the set that begins behind a bracket, and returns where it ends. Without a closing bracket it ends the pattern. */
  #addSet(pattern: string, from: number): number {
    const excluded = pattern[from] === "^";
    const ranges: [first: string, last: string][] = [];
    let at = excluded ? from + 1 : from;
    const next = () => {
      if (pattern[at] === "\\" && at + 1 < pattern.length) at++;
      return pattern[at++];
    };
    while (at < pattern.length && pattern[at] !== "]") {
      const first = next();
      const isRange = pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]";
      if (isRange) at++;
      const last = isRange ? next() : first;
      ranges.push(first <= last ? [first, last] : [last, first]);
    }
    this.#parts.push((character) =>
      ranges.some(([first, last]) => character >= first && character <= last) !== excluded
    );
    return at + 1;
  }
}
