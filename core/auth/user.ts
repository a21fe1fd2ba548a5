/**
 * Users: roles, and patterns of accessible queues.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";

/** Push events, pop and acknowledge them, read queues, or administer them. */
export type Role = "produce" | "consume" | "inspect" | "admin";

export const ROLES: readonly Role[] = ["produce", "consume", "inspect", "admin"];

/** The user of clients that log in without a name. */
export const DEFAULT_USER = "default";

export class User {
  /** All roles and access to all queues: permission checks can be skipped. */
  readonly unlimited: boolean;
  readonly allQueues: boolean;
  readonly #roles: ReadonlySet<Role>;
  readonly #patterns: readonly string[];

  /** @param patterns of queue names, one character per byte; see {@linkcode matchesGlob} */
  constructor(readonly name: string, roles: readonly Role[], patterns: readonly string[]) {
    this.#roles = new Set(roles);
    this.#patterns = patterns;
    this.allQueues = patterns.includes("*");
    this.unlimited = ROLES.every((role) => this.#roles.has(role)) && this.allQueues;
  }

  has(role: Role): boolean {
    return this.#roles.has(role);
  }

  mayAccess(queue: Uint8Array): boolean {
    if (this.allQueues) return true;
    const name = keyOf(queue);
    return this.#patterns.some((pattern) => matchesGlob(pattern, name));
  }
}

/**
 * Matches a glob pattern as in Redis: `*` is any characters, `?` one character, a backslash makes the next character
 * literal.
 *
 * The time is at most proportional to the product of both lengths; a regular expression could take exponential time for
 * a name that a client chooses.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1; // index of the last `*`, which so far matches up to `starEnd`
  let starEnd = 0;
  while (n < name.length) {
    const literal = pattern[p] === "\\" && p + 1 < pattern.length;
    if (!literal && pattern[p] === "*") {
      star = p++;
      starEnd = n;
    } else if (literal ? pattern[p + 1] === name[n] : pattern[p] === "?" || pattern[p] === name[n]) {
      p += literal ? 2 : 1;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++starEnd;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
