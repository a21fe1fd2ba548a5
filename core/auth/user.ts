/**
 * Who a client is, and what it may do.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { matches } from "./glob.ts";

/** What a user may do: add events, take them, look at queues, or everything else. */
export type Role = "produce" | "consume" | "inspect" | "admin";

/** All roles. */
export const ROLES: readonly Role[] = ["produce", "consume", "inspect", "admin"];

/** The user of clients that give no name. */
export const DEFAULT_USER = "default";

/** A user. */
export class User {
  /** It may do everything, so that nothing needs to be looked up. */
  readonly unlimited: boolean;
  /** It may touch every queue. */
  readonly allQueues: boolean;
  readonly #roles: ReadonlySet<Role>;
  readonly #patterns: readonly string[];

  /** @param patterns of the names of queues that it may touch, one character for each byte */
  constructor(readonly name: string, roles: readonly Role[], patterns: readonly string[]) {
    this.#roles = new Set(roles);
    this.#patterns = patterns;
    this.allQueues = patterns.includes("*");
    this.unlimited = ROLES.every((role) => this.#roles.has(role)) && this.allQueues;
  }

  /** Whether it has this role. */
  has(role: Role): boolean {
    return this.#roles.has(role);
  }

  /** Whether it may touch this queue. */
  mayAccess(queue: Uint8Array): boolean {
    if (this.allQueues) return true;
    const name = keyOf(queue);
    return this.#patterns.some((pattern) => matches(pattern, name));
  }
}
