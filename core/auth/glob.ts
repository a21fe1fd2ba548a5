/**
 * Patterns of names as Redis has them: `*` stands for any characters, `?` for one, and a backslash takes the meaning off
 * the character behind it.
 *
 * @module
 */

/**
 * Whether a name is of a pattern. Takes time in proportion to the product of their lengths at most, whatever a stranger
 * makes the name, which a regular expression would not promise.
 */
export function matches(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1; // the last star seen; what it stands for ends before `from`
  let from = 0;
  while (n < name.length) {
    const literal = pattern[p] === "\\" && p + 1 < pattern.length;
    if (!literal && pattern[p] === "*") {
      star = p++;
      from = n;
    } else if (literal ? pattern[p + 1] === name[n] : pattern[p] === "?" || pattern[p] === name[n]) {
      p += literal ? 2 : 1;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++from;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
